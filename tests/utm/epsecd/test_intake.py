"""Reports are taken in once: effects, lines and numbers in one transaction."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foundation.protocol.events import WebControlEvent, encode_web_control_event
from foundation.protocol.link import Report
from utm.confd import Confd
from utm.epsecd import endpoints
from utm.epsecd.intake import take_in

AT = datetime(2026, 11, 20, 17, 57, 33, tzinfo=UTC)
LATER = AT + timedelta(seconds=5)
ENROLLED = Report(
    1,
    "enrolled",
    "E1",
    AT.isoformat(),
    {"computer_name": "PC-01", "operating_system": "Windows 10"},
)
STATUS = Report(
    2,
    "status",
    "E1",
    AT.isoformat(),
    {"app_id": "SAV", "res": "Same", "revision": "a" * 64, "created_at": AT.isoformat()},
)


def lines(db, log="epsecd"):
    rows = db.execute("SELECT line FROM log_spool WHERE log = ? ORDER BY sequence", [log])
    return [row[0].decode().rstrip("\n") for row in rows.fetchall()]


def test_log_05_two_reports_are_acknowledged_with_two_entries(db, voice):
    take_in(db, [ENROLLED, STATUS], at=AT, voice=voice)

    assert lines(db)[-1] == (
        '2026:11:20-17:57:33 filter epsecd[5666]: I id="4212" severity="info" sys="System" '
        'sub="epsecd" name="Acknowledging report(s)" reports="-1,-1"'
    )


def test_log_06_received_comes_before_acknowledging(db, voice):
    take_in(db, [ENROLLED], at=AT, voice=voice)

    assert ['id="4211"' in lines(db)[0], 'id="4212"' in lines(db)[1]] == [True, True]


def test_report_ids_can_be_outbox_numbers(db, voice):
    take_in(db, [ENROLLED, STATUS], at=AT, voice=replace(voice, report_ids="numbered"))

    assert lines(db)[-1].endswith('reports="1,2"')


def test_a_batch_that_comes_again_changes_nothing_and_writes_nothing(db, voice):
    take_in(db, [ENROLLED, STATUS], at=AT, voice=voice)
    before = lines(db), Confd(db).number

    assert take_in(db, [ENROLLED, STATUS], at=LATER, voice=voice) == ()
    assert (lines(db), Confd(db).number) == before


def test_of_a_batch_that_is_partly_new_only_the_new_part_counts(db, voice):
    take_in(db, [ENROLLED], at=AT, voice=voice)

    assert take_in(db, [ENROLLED, STATUS], at=LATER, voice=voice) == (2,)
    assert lines(db)[-1].endswith('reports="-1"')


def test_an_enrolled_computer_becomes_an_object(db, voice):
    take_in(db, [ENROLLED], at=AT, voice=voice)

    computer = Confd(db).named("epp", "endpoint", "PC-01")
    assert computer.text("mcs_id") == "E1"
    assert computer.text("os") == "Windows 10"


def test_two_computers_of_the_same_name_are_two_objects(db, voice):
    take_in(db, [ENROLLED, replace(ENROLLED, number=2, endpoint_id="E2")], at=AT, voice=voice)

    ids = [one.text("mcs_id") for one in Confd(db).objects("epp", "endpoint")]
    assert ids == ["E1", "E2"]


def test_the_same_computer_enrolling_again_keeps_its_object(db, voice):
    take_in(db, [ENROLLED, replace(ENROLLED, number=2)], at=AT, voice=voice)

    assert len(Confd(db).objects("epp", "endpoint")) == 1


def enrolled(number, name=""):
    body = {"computer_name": name or f"PC-{number}", "operating_system": "Windows 10"}
    return Report(number, "enrolled", f"E{number}", AT.isoformat(), body)


def test_the_computers_that_enrolled_in_a_batch_are_one_change(db, voice):
    before = Confd(db).number
    take_in(db, [enrolled(1), enrolled(2), enrolled(3)], at=AT, voice=voice)

    (change,) = Confd(db).changes(after=before)
    assert change.summary == "3 endpoints enrolled"
    made = [entry.name for entry in change.entries if entry.effect == "created"]
    assert made == ["PC-1", "PC-2", "PC-3"]
    listed = Confd(db).node("epp.endpoints")
    assert [Confd(db).get(ref).name for ref in listed] == made


def test_of_a_batch_one_computer_that_cannot_be_read_is_refused_alone(db, voice):
    broken = replace(enrolled(2), body={})
    take_in(db, [enrolled(1), broken, enrolled(3)], at=AT, voice=replace(voice, extra_lines=True))

    assert [one.name for one in endpoints.all_endpoints(db)] == ["PC-1", "PC-3"]
    assert sum('id="4296"' in line for line in lines(db)) == 1


def test_a_computer_that_was_removed_and_enrols_again_in_one_batch_is_there(db, voice):
    take_in(db, [enrolled(1)], at=AT, voice=voice)
    removed = Report(2, "removed", "E1", AT.isoformat(), {})
    take_in(db, [removed, replace(enrolled(1), number=3)], at=LATER, voice=voice)

    assert endpoints.find(db, "E1").is_removed is False


def test_a_computer_that_enrols_and_is_removed_in_one_batch_is_removed(db, voice):
    removed = Report(2, "removed", "E1", AT.isoformat(), {})
    take_in(db, [enrolled(1), removed], at=AT, voice=voice)

    assert endpoints.find(db, "E1").is_removed is True


def test_a_status_of_before_does_not_replace_a_newer_one(db, voice):
    older = {**STATUS.body, "revision": "b" * 64}
    take_in(db, [ENROLLED, replace(STATUS, number=9)], at=AT, voice=voice)
    take_in(db, [replace(STATUS, number=3, body=older)], at=LATER, voice=voice)

    assert endpoints.statuses(db, "E1")[0].revision == "a" * 64


def test_log_02_a_browsing_event_becomes_one_line_of_eplog(db, voice):
    event = WebControlEvent(
        at=AT,
        user=r"CORP\alice",
        url="http://games.example/",
        method="GET",
        action="block",
        reason="category",
        category_ids=(116,),
        category_name="Games",
    )
    body = {
        "app_id": "SWC",
        "id": "1",
        "created_at": AT.isoformat(),
        "body": encode_web_control_event(event),
    }
    take_in(db, [Report(3, "event", "E1", AT.isoformat(), body)], at=AT, voice=voice)

    assert len(lines(db, "eplog")) == 1
    assert 'id="0060"' in lines(db, "eplog")[0]
    assert 'url="http://games.example/"' in lines(db, "eplog")[0]


@pytest.mark.parametrize(
    "broken",
    [
        replace(STATUS, body={}),
        replace(STATUS, kind="nonsense"),
        replace(STATUS, kind="event", body={"app_id": "SWC", "body": "<html/>"}),
        replace(STATUS, body={**STATUS.body, "app_id": ["SAV"]}),
        replace(STATUS, body={**STATUS.body, "res": "Diff", "details": ["x"]}),
        replace(STATUS, body={**STATUS.body, "app_id": 10**30}),
        replace(STATUS, body={**STATUS.body, "revision": "\ud800"}),
        replace(STATUS, body={**STATUS.body, "created_at": None}),
    ],
)
def test_a_report_that_cannot_be_read_is_named_and_acknowledged(db, voice, broken):
    told = take_in(db, [broken], at=AT, voice=replace(voice, extra_lines=True))

    assert told == (2,)
    assert any('id="4296"' in line for line in lines(db))
    assert endpoints.statuses(db, "E1") == ()


def test_of_a_batch_a_status_that_cannot_be_compared_is_refused_alone(db, voice):
    broken = replace(STATUS, number=3, body={**STATUS.body, "app_id": "ALC", "created_at": None})
    take_in(db, [ENROLLED, STATUS, broken], at=AT, voice=replace(voice, extra_lines=True))

    assert [one.app_id for one in endpoints.statuses(db, "E1")] == ["SAV"]
    assert sum('id="4296"' in line for line in lines(db)) == 1


def test_a_status_without_res_tells_of_the_computer_and_is_no_compliance(db, voice):
    agent = {"app_id": "APPSPROXY", "res": "", "revision": "", "created_at": AT.isoformat()}
    later = replace(STATUS, number=3, at=LATER.isoformat(), body=agent)

    take_in(db, [ENROLLED, STATUS, later], at=LATER, voice=voice)

    assert [one.app_id for one in endpoints.statuses(db, "E1")] == ["SAV"]
    assert endpoints.find(db, "E1").last_report_at == LATER.isoformat()


def test_a_liveconnect_that_counts_again_is_heard(db, voice):
    take_in(db, [ENROLLED, replace(STATUS, number=7)], at=AT, voice=voice)
    other = replace(ENROLLED, endpoint_id="E2", at=LATER.isoformat())
    status = replace(STATUS, endpoint_id="E2")

    assert take_in(db, [other, status], at=LATER, voice=voice) == (1, 2)
    assert [one.endpoint_id for one in endpoints.all_endpoints(db)] == ["E1", "E2"]


def test_after_counting_again_a_repeated_batch_still_counts_once(db, voice):
    take_in(db, [ENROLLED, STATUS], at=AT, voice=voice)
    restored = [ENROLLED, replace(STATUS, at=LATER.isoformat())]

    assert take_in(db, restored, at=LATER, voice=voice) == (2,)
    assert take_in(db, restored, at=LATER, voice=voice) == ()


def test_a_status_counts_when_liveconnect_counts_again(db, voice):
    take_in(db, [ENROLLED, replace(STATUS, number=9)], at=AT, voice=voice)
    newer = {**STATUS.body, "revision": "b" * 64}
    again = [replace(ENROLLED, at=LATER.isoformat()), replace(STATUS, body=newer)]
    take_in(db, again, at=LATER, voice=voice)

    assert endpoints.statuses(db, "E1")[0].revision == "b" * 64


def test_one_endpoint_is_found_without_reading_the_others(db, voice):
    take_in(
        db, [replace(ENROLLED, number=n, endpoint_id=f"E{n}") for n in (1, 2)], at=AT, voice=voice
    )
    db.execute("UPDATE epsecd_endpoints SET description = 'damaged' WHERE endpoint_id = 'E1'")

    assert endpoints.find(db, "E2").name == "PC-01"
    assert endpoints.find(db, "E3") is None


def browsing(number, url, *, at=AT, app_id="SWC"):
    event = WebControlEvent(
        at=at, user="anna", url=url, method="GET", action="allow", reason="category"
    )
    body = {"app_id": app_id, "id": str(number), "created_at": at.isoformat()}
    body["body"] = encode_web_control_event(event)
    return Report(number, "event", "E1", at.isoformat(), body)


def test_one_refused_event_leaves_those_around_it_in_their_order(db, voice):
    good = [browsing(number, f"http://{number}.example/") for number in (2, 4)]
    bad = replace(browsing(3, "x"), body={"app_id": "SWC", "body": "<html/>"})

    told = take_in(db, [good[0], bad, good[1]], at=AT, voice=replace(voice, extra_lines=True))

    assert told == (2, 3, 4)
    urls = [line.partition(' url="')[2].partition('"')[0] for line in lines(db, "eplog")]
    assert urls == ["http://2.example/", "http://4.example/"]
    assert [line for line in lines(db) if 'id="4296"' in line and 'report="3"' in line]


def test_an_endpoint_was_heard_from_when_its_newest_event_came_but_not_by_a_refused_one(db, voice):
    late = replace(browsing(4, "x", at=LATER), body={"app_id": "SWC"})
    other = browsing(3, "http://b.example/", at=AT + timedelta(seconds=1), app_id="HBT")

    take_in(db, [ENROLLED, other, browsing(2, "http://a.example/"), late], at=AT, voice=voice)

    assert endpoints.find(db, "E1").last_report_at == other.at
    assert len(lines(db, "eplog")) == 1


def test_a_report_that_stands_twice_in_a_batch_counts_once(db, voice):
    event = browsing(2, "http://a.example/")

    assert take_in(db, [ENROLLED, event, event], at=AT, voice=voice) == (1, 2)
    assert len(lines(db, "eplog")) == 1
