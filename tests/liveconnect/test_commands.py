"""The rules of the command queue, and the same rules under any sequence of events."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from foundation.protocol.commands import decode_fragments, read_apps_proxy_body
from liveconnect.commands import (
    Origin,
    Queue,
    ShownRevision,
    Wanted,
    acknowledge,
    assign,
    deliverable,
    enqueue,
    expire,
    reassign,
)

START = datetime(2026, 11, 20, 23, 20, tzinfo=UTC)
INTERVAL_S = 20.0
APPS = frozenset({"APPSPROXY", "ALC"})


def wanted(app_id, policy_id, *fragments):
    return Wanted(app_id=app_id, policy_type=1, policy_id=policy_id, fragments=fragments)


class Counter:
    def __init__(self):
        self.ids = itertools.count(1)

    def origin(self, seconds=0.0, ttl_s=100.0):
        at = START + timedelta(seconds=seconds)
        return Origin(at=at, new_id=lambda: next(self.ids), ttl_s=ttl_s, epoch=1, number=1)


def bodies(queue):
    return [each.command.body for each in queue.waiting]


def assigned(queue):
    return {
        each.app_id: each.policy_id
        for command in queue.waiting
        if command.apps
        for each in read_apps_proxy_body(command.command.body)
    }


def test_all_policies_of_a_change_travel_in_one_command():
    queue = assign(Queue(), [wanted("SWC", "a"), wanted("SAV", "b")], Counter().origin())
    assert len(queue.waiting) == 1
    assert assigned(queue) == {"SWC": "a", "SAV": "b"}


def test_what_is_assigned_already_makes_no_command():
    counter = Counter()
    queue = assign(Queue(), [wanted("SWC", "a")], counter.origin())
    assert assign(queue, [wanted("SWC", "a")], counter.origin(5)) is queue


def test_a_newer_assignment_takes_the_place_of_the_waiting_one():
    counter = Counter()
    queue = assign(Queue(), [wanted("SWC", "a"), wanted("SAV", "s")], counter.origin())
    queue = assign(queue, [wanted("SWC", "b")], counter.origin(5))
    assert len(queue.waiting) == 1
    assert assigned(queue) == {"SWC": "b", "SAV": "s"}
    assert queue.waiting[0].command.id == "2"


def test_actions_keep_their_place_before_a_renewed_assignment():
    counter = Counter()
    queue = assign(Queue(), [wanted("SWC", "a")], counter.origin())
    queue = enqueue(queue, "ALC", "<action/>", counter.origin(1))
    queue = assign(queue, [wanted("SWC", "b")], counter.origin(2))
    assert [each.command.app_id for each in queue.waiting] == ["ALC", "APPSPROXY"]
    assert [each.command.seq for each in queue.waiting] == [2, 3]


def test_fragments_travel_in_a_command_of_their_own():
    queue = assign(
        Queue(), [wanted("SWC", "a", "f0", "f1"), wanted("SAV", "b")], Counter().origin()
    )
    assert len(queue.waiting) == 2
    (pieces,) = decode_fragments(bodies(queue)[1])
    assert pieces.fragments == ((0, "f0"), (1, "f1"))


def test_mcs_a_delivery_changes_nothing_and_an_acknowledgement_ends_it():
    queue = assign(Queue(), [wanted("SWC", "a")], Counter().origin())
    now = START + timedelta(seconds=1)
    assert deliverable(queue.waiting, APPS, now) == deliverable(queue.waiting, APPS, now)
    done = acknowledge(queue, ["1"], now)
    assert done.waiting == ()
    assert done.assignments["SWC"].acknowledged_at == now


def test_several_ids_are_acknowledged_at_once_and_unknown_ones_are_passed_over():
    counter = Counter()
    queue = enqueue(Queue(), "ALC", "<a/>", counter.origin())
    queue = enqueue(queue, "ALC", "<b/>", counter.origin())
    assert acknowledge(queue, ["1", "2", "99"], START).waiting == ()
    assert acknowledge(queue, ["99"], START) is queue


def test_an_app_that_was_not_asked_for_is_not_delivered():
    queue = enqueue(Queue(), "ALC", "<a/>", Counter().origin())
    assert deliverable(queue.waiting, frozenset({"SAV"}), START) == ()


def test_an_expired_action_is_dropped():
    counter = Counter()
    queue = enqueue(Queue(), "ALC", "<a/>", counter.origin())
    assert expire(queue, counter.origin(99)) is queue
    assert deliverable(queue.waiting, APPS, START + timedelta(seconds=100)) == ()
    assert expire(queue, counter.origin(100)).waiting == ()


def test_an_expired_assignment_gets_a_new_command():
    counter = Counter()
    queue = assign(Queue(), [wanted("SWC", "a")], counter.origin())
    renewed = expire(queue, counter.origin(100))
    assert assigned(renewed) == {"SWC": "a"}
    assert renewed.waiting[0].command.id == "2"


def acknowledged_queue(counter):
    return acknowledge(assign(Queue(), [wanted("SWC", "a")], counter.origin()), ["1"], START)


def test_another_revision_two_intervals_after_the_acknowledgement_is_assigned_again():
    counter = Counter()
    queue = acknowledged_queue(counter)
    shown = {"SWC": ShownRevision(res="Same", revision="old")}
    assert reassign(queue, shown, INTERVAL_S, counter.origin(40)) is queue
    again = reassign(queue, shown, INTERVAL_S, counter.origin(40.1))
    assert assigned(again) == {"SWC": "a"}


def test_no_policy_at_all_is_assigned_again():
    counter = Counter()
    shown = {"SWC": ShownRevision(res="NoRef", revision="")}
    again = reassign(acknowledged_queue(counter), shown, INTERVAL_S, counter.origin(41))
    assert assigned(again) == {"SWC": "a"}


def test_the_right_revision_and_silence_are_left_alone():
    counter = Counter()
    queue = acknowledged_queue(counter)
    shown = {"SWC": ShownRevision(res="Same", revision="a")}
    assert reassign(queue, shown, INTERVAL_S, counter.origin(9999)) is queue
    assert reassign(queue, {}, INTERVAL_S, counter.origin(9999)) is queue


def test_the_wait_before_assigning_again_doubles():
    counter = Counter()
    shown = {"SWC": ShownRevision(res="Diff", revision="old")}
    queue, at, waits = acknowledged_queue(counter), 0.0, []
    for _ in range(4):
        step = 0.0
        while True:
            step += 1.0
            again = reassign(queue, shown, INTERVAL_S, counter.origin(at + step, 1e9))
            if again is not queue:
                break
        waits.append(step - 1)
        at += step
        queue = acknowledge(again, [again.waiting[0].command.id], START + timedelta(seconds=at))
    assert waits == [40, 80, 160, 320]


class QueueMachine(RuleBasedStateMachine):
    """A queue beside the simplest model of what its endpoint should have."""

    @initialize()
    def begin(self):
        self.counter = Counter()
        self.queue = Queue()
        self.seconds = 0.0
        self.model: dict[str, str] = {}
        self.taken_over: set[tuple[str, str]] = set()
        self.actions: dict[str, float] = {}
        self.ids: set[str] = set()

    def origin(self):
        return self.counter.origin(self.seconds)

    @rule(app=st.sampled_from(["SWC", "SAV", "ALC"]), policy=st.sampled_from("abcd"))
    def wants(self, app, policy):
        if self.model.get(app) != policy:
            self.taken_over = {pair for pair in self.taken_over if pair[0] != app}
        self.model[app] = policy
        self.queue = assign(self.queue, [wanted(app, policy)], self.origin())

    @rule()
    def sends_an_action(self):
        self.queue = enqueue(self.queue, "ALC", "<a/>", self.origin())
        self.actions[self.queue.waiting[-1].command.id] = self.seconds + 100

    @rule(data=st.data())
    def acknowledges_some(self, data):
        ids = [each.command.id for each in self.queue.waiting] + ["unknown"]
        chosen = data.draw(st.lists(st.sampled_from(ids), unique=True))
        for each in self.queue.waiting:
            if each.command.id in chosen:
                self.taken_over |= {(app, self.model[app]) for app in each.apps}
        for command_id in chosen:
            self.actions.pop(command_id, None)
        self.queue = acknowledge(self.queue, chosen, self.origin().at)

    @rule(seconds=st.sampled_from([1.0, 50.0, 100.0]))
    def time_passes(self, seconds):
        self.seconds += seconds
        self.queue = expire(self.queue, self.origin())
        self.actions = {key: end for key, end in self.actions.items() if end > self.seconds}

    @rule(revision=st.sampled_from("abcd"))
    def shows_a_revision(self, revision):
        shown = {"SWC": ShownRevision(res="Same", revision=revision)}
        again = reassign(self.queue, shown, INTERVAL_S, self.origin())
        if again is not self.queue:
            assert revision != self.model["SWC"]
            self.taken_over = {pair for pair in self.taken_over if pair[0] != "SWC"}
        self.queue = again

    @invariant()
    def everything_wanted_waits_or_was_taken_over(self):
        on_its_way = assigned(self.queue)
        for app, policy in self.model.items():
            assert (app, policy) in self.taken_over or on_its_way.get(app) == policy
        assert set(on_its_way) <= set(self.model)
        assert self.taken_over.isdisjoint(on_its_way.items())

    @invariant()
    def at_most_one_command_assigns(self):
        assert sum(bool(each.apps) for each in self.queue.waiting) <= 1

    @invariant()
    def exactly_the_live_actions_wait(self):
        waiting = {each.command.id for each in self.queue.waiting if not each.apps}
        assert waiting == set(self.actions)

    @invariant()
    def ids_and_seqs_rise_and_nothing_delivered_is_expired(self):
        seqs = [each.command.seq for each in self.queue.waiting]
        assert seqs == sorted(set(seqs))
        now = self.origin().at
        assert all(each.expires_at > now for each in deliverable(self.queue.waiting, APPS, now))


QueueMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
TestQueueMachine = QueueMachine.TestCase
