"""What push asked for: done once, in order, and never without a pause."""

from hypothesis import given
from hypothesis import strategies as st

from endpoint.mcs_client.cadence import Cadence
from endpoint.mcs_client.push_inbox import LOST_PAUSE_S, MOST_DOCUMENTS, PushInbox
from foundation.protocol.push import PushEvent, PushKind

WAKE = PushEvent(PushKind.WAKE_UP)


def test_a_wake_up_asks_for_a_poll_at_once_and_once():
    inbox = PushInbox()
    assert inbox.take_event(WAKE, 7.0)
    assert inbox.take_event(WAKE, 8.0)
    assert inbox.poll_at_s == 8.0
    inbox.polled()
    assert inbox.poll_at_s is None


def test_a_ping_asks_for_nothing():
    inbox = PushInbox()
    assert not inbox.take_event(PushEvent(PushKind.PING), 7.0)
    assert (inbox.poll_at_s, inbox.has_documents) == (None, False)


def test_documents_stay_in_order_and_what_is_too_many_is_asked_for_by_a_poll():
    inbox = PushInbox()
    for number in range(MOST_DOCUMENTS + 1):
        assert inbox.take_event(PushEvent(PushKind.COMMANDS, str(number)), 7.0)
    assert inbox.documents() == [str(number) for number in range(MOST_DOCUMENTS)]
    assert inbox.poll_at_s == 7.0
    assert inbox.documents() == []


@given(last=st.floats(0, 1e6), since=st.floats(0, 1e6))
def test_a_lost_channel_never_polls_without_a_pause(last, since):
    inbox = PushInbox()
    inbox.take_loss(last, last + since)
    assert inbox.poll_at_s >= last + LOST_PAUSE_S
    assert inbox.poll_at_s >= last + since


@given(slot=st.integers(0, 100), early=st.floats(0.01, 19.9), interval=st.floats(1, 100))
def test_a_poll_out_of_turn_moves_no_slot(slot, early, interval):
    cadence = Cadence(5.0, 20.0, slot)
    after = cadence.after(cadence.due_at_s - early, interval)
    assert after.due_at_s == cadence.due_at_s
    assert after.interval_s == interval
