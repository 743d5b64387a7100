"""The timeline of a changeset, from what both sides stored."""

from datetime import UTC, datetime, timedelta

from liveconnect.store.records import Hop
from utmlab.trace import HOPS, as_record, trace_changeset

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def after(seconds):
    return AT + timedelta(seconds=seconds)


def view(**endpoint):
    return {
        "epoch": 1,
        "number": 7,
        "summary": "block games",
        "user": "admin",
        "superseded_by": None,
        "edited_at": AT.isoformat(),
        "sent_at": after(1).isoformat(),
        "committed_at": after(2).isoformat(),
        "endpoints": [{"id": "E1", "name": "PC-01", "group": "REF_Default", **endpoint}],
    }


def hop(app="SWC", **times):
    known = dict.fromkeys(("delivered_at", "fetched_at", "applied_at", "committed_at"))
    return Hop(
        endpoint_id="E1",
        computer_name="PC-01",
        epoch=1,
        number=7,
        is_current=True,
        app_id=app,
        policy_id="a" * 64,
        assigned_at=after(2),
        **(known | times),
    )


WHOLE = {
    "delivered_at": after(12),
    "fetched_at": after(13),
    "applied_at": after(14),
    "committed_at": after(15),
}


def traced(view, *hops):
    (endpoint,) = trace_changeset(view, hops).endpoints
    return endpoint


def test_every_hop_has_its_time_and_the_seconds_since_the_one_before():
    endpoint = traced(view(received_at=after(16).isoformat()), hop(**WHOLE))

    assert [name for name, _, _ in endpoint.steps()] == list(HOPS)
    assert [step for _, _, step in endpoint.steps()] == [0, 1, 1, 10, 1, 1, 1, 1, 0]
    assert endpoint.waits_for is None


def test_the_share_of_the_poll_and_the_total_are_told():
    endpoint = traced(view(), hop(**WHOLE))

    assert (endpoint.waited_for_poll_s, endpoint.total_s) == (10, 14)


def test_what_brought_the_last_policy_is_told():
    first = hop(**WHOLE, delivered_by="poll")
    last = hop("TPROT", **{**WHOLE, "delivered_at": after(13)}, delivered_by="push")

    assert traced(view(), first, last).delivered_by == "push"
    assert traced(view(), first, hop("TPROT")).delivered_by == ""
    record = as_record(trace_changeset(view(), [first, last]))
    assert record["endpoints"][0]["delivered_by"] == "push"


def test_what_has_not_happened_is_what_it_waits_for():
    assert traced(view(), hop()).waits_for == "polled"
    assert traced(view() | {"sent_at": None}).waits_for == "4233"


def test_a_hop_has_happened_when_it_has_for_every_policy():
    both = (hop(**WHOLE), hop("TPROT", **{**WHOLE, "applied_at": None, "committed_at": None}))

    assert traced(view(), *both).waits_for == "applied"
    late = hop("TPROT", **{**WHOLE, "fetched_at": after(20)})
    assert traced(view(), hop(**WHOLE), late).hops["fetched"] == after(20)


def test_who_was_assigned_nothing_is_not_concerned_and_ends_at_the_broker():
    endpoint = traced(view())

    assert not endpoint.concerned
    assert list(endpoint.hops) == ["edited", "4233", "broker"]
    assert as_record(trace_changeset(view(), []))["endpoints"][0]["waits_for"] is None


def test_as_a_record_times_are_text():
    record = as_record(trace_changeset(view(), [hop(**WHOLE)]))

    assert record["changeset"] == 7
    assert record["endpoints"][0]["hops"]["applied"] == "2026-11-20T12:00:14+00:00"
    assert record["endpoints"][0]["total_s"] == 14
