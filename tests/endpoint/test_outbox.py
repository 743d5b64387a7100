from datetime import UTC, datetime

from endpoint.outbox import Notice, NoticeIds, Outbox

AT = datetime(2026, 11, 20, 23, 20, 18, tzinfo=UTC)


def now():
    return AT


def notice(id_="a", body="<event/>"):
    return Notice(id=id_, app_id="SWC", at=AT, body=body)


def test_mcs_09_a_notice_stays_until_it_is_taken(tmp_path):
    outbox = Outbox(tmp_path)
    outbox.put(notice())
    assert list(outbox.notices()) == [notice()]
    outbox.taken("a")
    assert list(outbox.notices()) == []


def test_the_same_notice_twice_is_one(tmp_path):
    outbox = Outbox(tmp_path)
    outbox.put(notice())
    outbox.put(notice())
    assert outbox.count() == 1


def test_notices_come_in_the_order_of_their_ids(tmp_path):
    outbox = Outbox(tmp_path)
    for id_ in ("b", "c", "a"):
        outbox.put(notice(id_))
    assert [each.id for each in outbox.notices()] == ["a", "b", "c"]


def test_a_damaged_notice_is_set_aside_and_the_next_ones_come(tmp_path):
    outbox = Outbox(tmp_path)
    outbox.put(notice("b"))
    (tmp_path / "a.json").write_bytes(b"")
    assert [each.id for each in outbox.notices()] == ["b"]
    assert outbox.damaged() == 1


def test_taking_what_is_gone_is_no_error(tmp_path):
    Outbox(tmp_path).taken("never")


def test_ids_are_unique_over_restarts_within_one_second(tmp_path):
    ids = []
    for _ in range(3):
        source = NoticeIds(tmp_path, now)
        ids += [source.next() for _ in range(5)]
    assert len(set(ids)) == 15
    assert ids == sorted(ids)


def test_a_damaged_count_of_starts_begins_again(tmp_path):
    (tmp_path / "starts").write_text("x")
    assert NoticeIds(tmp_path, now).next().startswith("20261120232018")
