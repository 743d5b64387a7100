"""`utmlab log report` on the logs of a lab and on odd ones."""

import gzip
import json

LINE = (
    '2026:11:20-06:00:0{} utm epsecd[1]: I id="4211" severity="info" sys="System" sub="epsecd" '
    'name="Received report(s) from Sophos LiveConnect"\n'
)


def test_report_of_a_lab_has_its_changesets_and_who_browsed(lab):
    text = lab.text("log", "report", str(lab.data / "logs"))
    assert "changeset 5  4233 -> 4211 +" in text
    assert "eplog  PC-01\\user at 127.0.0.1: last " in text
    assert "D8  Well-known sites are Uncategorized" in text


def test_report_needs_no_lab_and_reads_any_mix(run, tmp_path):
    (tmp_path / "notes.log").write_text("nothing of a UTM\n")
    (tmp_path / "epsecd.log").write_text(LINE.format(5))
    packed = tmp_path / "epsecd-2026-11-20.log.gz"
    packed.write_bytes(gzip.compress(LINE.format(1).encode())[:-6])
    result = run("log", "report", str(tmp_path), str(packed), "--json")
    assert result.exit_code == 0, result.stderr
    read = json.loads(result.stdout)["read"]
    assert [one["file"] for one in read["files"]] == [str(packed), str(tmp_path / "epsecd.log")]
    assert read["skipped"] == [str(tmp_path / "notes.log")]
    assert [one["file"] for one in read["damaged"]] == [str(packed)]
    assert read["lines"] == 2


def test_since_and_until_choose_lines_in_local_time_or_with_an_offset(run, tmp_path):
    file = tmp_path / "epsecd.log"
    file.write_text("".join(LINE.format(second) for second in range(6)))
    windows = (
        ("--since", "2026-11-20T06:00:02", "--until", "2026-11-20T06:00:04"),
        (
            *("--since", "2026-11-20T05:00:02+00:00", "--until", "2026-11-20T05:00:04+00:00"),
            *("--tz", "Europe/Berlin"),
        ),
    )
    for words in windows:
        read = json.loads(run("log", "report", str(file), *words, "--json").stdout)["read"]
        assert (read["lines"], read["outside"]) == (2, 4)


def test_offset_without_a_zone_is_a_usage_error(run, tmp_path):
    file = tmp_path / "epsecd.log"
    file.write_text(LINE.format(1))
    result = run("log", "report", str(file), "--since", "2026-11-20T05:00:02+00:00")
    assert result.exit_code == 2
    assert "--tz" in result.stderr


def test_folder_without_logs_is_told(run, tmp_path):
    result = run("log", "report", str(tmp_path))
    assert result.exit_code == 1
    assert "No log of a UTM is there" in result.stderr


def test_html_and_redaction_go_together(lab, tmp_path):
    page, key = tmp_path / "report.html", tmp_path / "key"
    key.write_bytes(b"a key")
    words = ("log", "report", str(lab.data / "logs"), "--html", str(page), "--redact-key", str(key))
    text = lab.text(*words)
    assert lab.text(*words) == text
    for shown in (text, page.read_text()):
        for original in ("PC-01", "games.example", "127.0.0.1", str(lab.data)):
            assert original not in shown
    assert "user-" in text
    assert "pseudonyms" in page.read_text()
