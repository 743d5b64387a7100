"""The memory behind the polls."""

from datetime import timedelta

import pytest

from foundation.protocol.commands import Command, decode_commands
from foundation.protocol.names import APPSPROXY
from liveconnect.commands import QueuedCommand
from liveconnect.roster import MOST_CARRIED, NOTHING, Roster
from liveconnect.store.records import Delivery, EndpointRecord, QueueSnapshot

APPS = "APPSPROXY;ALC"


def snapshot(clock, revision, *ids, app_id="ALC", ttl_s=100.0, body="<a/>"):
    waiting = tuple(
        QueuedCommand(Command(each, app_id, body, clock(), ttl_s, int(each))) for each in ids
    )
    return QueueSnapshot(endpoint_id="e1", revision=revision, waiting=waiting, policies={})


def endpoint(clock, queue, **changes):
    fields = {
        "tenant": "t1",
        "endpoint_id": "e1",
        "device_id": "d1",
        "password_digest": b"1",
        "computer_name": "pc",
        "enrolled_at": clock(),
        "last_seen_at": None,
        "removed_at": None,
        "queue": queue,
    }
    return EndpointRecord(**(fields | changes))


def ids_in(document):
    return [each.id for each in decode_commands(document)]


def test_an_older_snapshot_does_not_undo_a_newer_one(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1, "1")))
    roster.apply([snapshot(clock, 3)])
    roster.apply([snapshot(clock, 2, "1")])
    assert roster.poll(entry, APPS, clock()) is NOTHING


def test_the_same_bytes_answer_until_the_queue_changes(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1, "1")))
    first = roster.poll(entry, APPS, clock())
    assert roster.poll(entry, APPS, clock()) is first
    roster.apply([snapshot(clock, 2, "1", "2")])
    assert roster.poll(entry, APPS, clock()) != first


def test_the_first_poll_that_carried_a_command_is_its_delivery(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1, "1")))
    first = clock()
    roster.poll(entry, APPS, first)
    clock.advance(20)
    roster.apply([snapshot(clock, 2, "1", "2")])
    roster.poll(entry, APPS, clock())
    assert entry.delivered == {"1": Delivery(first, "poll"), "2": Delivery(clock(), "poll")}
    roster.apply([snapshot(clock, 3, "2")])
    assert set(entry.delivered) == {"2"}


def test_what_the_poll_after_a_wake_up_carries_was_delivered_by_push(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1, "1")))
    entry.is_told = True
    roster.poll(entry, APPS, clock())
    roster.apply([snapshot(clock, 2, "1", "2")])
    roster.poll(entry, APPS, clock())
    assert [one.by for one in entry.delivered.values()] == ["push", "poll"]


def test_an_event_carries_what_nothing_has_carried_and_is_its_delivery(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1, "1", app_id=APPSPROXY)))
    assert ids_in(roster.carry(entry, clock())) == ["1"]
    roster.apply([snapshot(clock, 2, "1", "2", app_id=APPSPROXY)])
    later = clock() + timedelta(seconds=1)
    assert ids_in(roster.carry(entry, later)) == ["2"]
    assert entry.delivered == {"1": Delivery(clock(), "push"), "2": Delivery(later, "push")}


def test_a_poll_carries_again_what_an_event_carried_and_nobody_acknowledged(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1, "1", app_id=APPSPROXY)))
    carried = roster.carry(entry, clock())
    assert roster.poll(entry, APPS, clock() + timedelta(seconds=1)) == carried
    assert entry.delivered == {"1": Delivery(clock(), "push")}


@pytest.mark.parametrize(
    "what",
    [
        {"app_id": "ALC"},
        {"app_id": APPSPROXY, "body": "a\\nb"},
        {"app_id": APPSPROXY, "body": "a" * MOST_CARRIED},
        {"app_id": APPSPROXY, "ttl_s": 0.0},
    ],
    ids=["an action", "a backslash", "too large", "expired"],
)
def test_an_event_does_not_carry_what_has_to_be_asked_for(clock, what):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1, "1", **what)))
    assert roster.carry(entry, clock()) is None
    assert entry.delivered == {}


def test_a_command_that_was_not_asked_for_is_not_delivered(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1, "1")))
    assert roster.poll(entry, "SAV", clock()) is NOTHING
    assert entry.delivered == {}


def test_nothing_expired_is_handed_out(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1, "1")))
    assert roster.poll(entry, APPS, clock() + timedelta(seconds=99)) is not NOTHING
    assert roster.poll(entry, APPS, clock() + timedelta(seconds=100)) is NOTHING


def test_a_clock_that_goes_back_brings_nothing_expired_to_life(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1, "1")))
    roster.poll(entry, APPS, clock() + timedelta(seconds=100))
    assert roster.poll(entry, APPS, clock()) is NOTHING


def test_a_header_is_forgotten_when_the_password_changes(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1)))
    roster.remember_header(entry, "Basic one")
    assert roster.by_header("Basic one") is entry
    roster.put(endpoint(clock, snapshot(clock, 2), password_digest=b"2"))
    assert roster.by_header("Basic one") is None


def test_seen_is_handed_over_once(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1)))
    assert roster.unsaved() == ((), ())
    roster.poll(entry, APPS, clock())
    assert roster.unsaved() == ((("e1", clock()),), ())
    assert roster.unsaved() == ((), ())


def test_lists_of_apps_cannot_fill_the_memory(clock):
    roster = Roster()
    entry = roster.put(endpoint(clock, snapshot(clock, 1, "1")))
    for n in range(100):
        roster.poll(entry, f"APP{n}", clock())
    assert len(entry.answers) <= 4
