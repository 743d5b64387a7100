"""Who browsed, what was blocked, what came late."""

from utmlab.logtools.report import clients


def test_last_browsing_counts_by_when_it_happened(reported, lines):
    late = ' eventtime="2026:10:01-09:00:00"'
    content = [
        lines.web("2026:11:20-06:00:00", action="block"),
        lines.web("2026:11:20-06:00:01", action="block", url="http://games.example/"),
        lines.web("2026:11:20-06:00:02", action="block", url="http://games.example/x"),
        lines.web("2026:11:20-06:00:03", user="ACME\\away", more=late),
    ]
    record = reported({"eplog.log": content})
    first, away = record["clients"]["shown"]
    assert (first["user"], first["blocked"]) == ("ACME\\mlee", 3)
    assert first["last"] == "2026-11-20T06:00:02"
    assert [(one["site"], one["count"]) for one in first["top_blocked"]] == [
        ("games.example", 2),
        ("www.shop.example", 1),
    ]
    assert (away["last"], away["late"]) == ("2026-10-01T09:00:00", 1)
    assert away["longest_delay_s"] == 4_309_203
    assert away["late_place"]["line"] == 4


def test_d16_late_record_has_file_and_line(reported, lines):
    late = ' eventtime="2026:10:01-09:00:00"'
    record = reported({"eplog.log": [lines.web("2026:11:20-06:00:03", more=late)]})
    (trouble,) = [one for one in record["troubles"] if one["code"] == "D16"]
    assert trouble["rules"][0]["places"][0]["line"] == 1


def test_d09_client_that_meets_several_profiles(reported, lines):
    content = [
        lines.web("2026:11:20-06:00:00", process="httpproxy", profile="REF_A"),
        lines.web("2026:11:20-06:00:01", process="httpproxy", profile="REF_B"),
    ]
    record = reported({"http.log": content})
    (trouble,) = [one for one in record["troubles"] if one["code"] == "D9"]
    assert trouble["rules"][0]["places"][0]["line"] == 2


def test_there_are_never_more_clients_than_the_bound(reported, lines, monkeypatch):
    monkeypatch.setattr(clients, "MOST_CLIENTS", 10)
    often = lines.web("2026:11:20-06:00:00", user="often")
    content = [often, often]
    for number in range(100):
        content += [often, lines.web("2026:11:20-06:00:00", user=f"user{number}")]
    found = reported({"eplog.log": content})["clients"]
    assert found["shown"][0]["user"] == "often"
    assert len(found["shown"]) <= 10
    assert len(found["shown"]) + found["forgotten"] == 101
