"""Queues in rows, under any course of happenings, against the pure rules."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from liveconnect.commands import Queue, Wanted, acknowledge, assign, enqueue, expire
from liveconnect.store.acknowledging import Acknowledged, acknowledge_all
from liveconnect.store.queue_rows import Renewed, load_queues, save_queues
from liveconnect.store.rows import origin_of
from liveconnect.store.schema import MIGRATIONS, statements_of

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TTL_S = 100.0
ENDPOINTS = ("e1", "e2")
APPS = ("SWC", "TPROT")


def opened():
    sql = sqlite3.connect(":memory:")
    for migration in MIGRATIONS:
        for statement in statements_of(migration):
            sql.execute(statement)
    sql.execute(
        "INSERT INTO tenants (id, organization, public_key, token, epoch, registered_at) "
        "VALUES ('t', '', '', '', 1, '')"
    )
    for each in ENDPOINTS:
        sql.execute(
            "INSERT INTO endpoints (id, tenant, device_id, password_digest, computer_name, "
            "computer, enrolled_at) VALUES (?, 't', ?, x'', '', '{}', '')",
            [each, each],
        )
    return sql


def acknowledged(sql, endpoint, commands, at):
    asked = Acknowledged(endpoint_id=endpoint, command_ids=commands, delivered={}, at=at)
    (snapshot,) = acknowledge_all(sql, [asked])
    return snapshot


class QueueMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.sql = opened()
        self.at = START
        self.model = {each: Queue() for each in ENDPOINTS}
        self.revisions = dict.fromkeys(ENDPOINTS, 0)

    def teardown(self):
        if hasattr(self, "sql"):
            self.sql.close()

    def renew(self, change):
        """Apply a rule to the queues of all endpoints, stored together."""
        after = {each: change(queue) for each, queue in self.model.items()}
        changed = [
            Renewed(each, self.model[each], after[each])
            for each in ENDPOINTS
            if after[each] is not self.model[each]
        ]
        for snapshot in save_queues(self.sql, "t", changed, self.at):
            self.told(snapshot, after[snapshot.endpoint_id], is_changed=True)
        self.model = after

    def told(self, snapshot, queue, *, is_changed):
        self.revisions[snapshot.endpoint_id] += is_changed
        assert snapshot.revision == self.revisions[snapshot.endpoint_id]
        assert snapshot.waiting == queue.waiting
        policies = {app: one.wanted.policy_id for app, one in queue.assignments.items()}
        assert snapshot.policies == policies

    @rule(app=st.sampled_from(APPS), policy=st.sampled_from("ab"), pieces=st.booleans())
    def assigns(self, app, policy, pieces):
        wanted = Wanted(
            app_id=app, policy_type=1, policy_id=policy, fragments=("x", "y") if pieces else ()
        )
        origin = origin_of(self.sql, self.at, TTL_S, epoch=1, number=2, ids_at_once=2)
        self.renew(lambda queue: assign(queue, [wanted], origin))

    @rule(app=st.sampled_from(APPS))
    def queues_an_action(self, app):
        origin = origin_of(self.sql, self.at, TTL_S)
        self.renew(lambda queue: enqueue(queue, app, "<action/>", origin))

    @rule(seconds=st.sampled_from((1, 60, 101)))
    def time_passes(self, seconds):
        self.at += timedelta(seconds=seconds)

    @rule()
    def expires(self):
        origin = origin_of(self.sql, self.at, TTL_S)
        self.renew(lambda queue: expire(queue, origin))

    @rule(endpoint=st.sampled_from(ENDPOINTS), ids=st.lists(st.integers(1, 12), max_size=4))
    def acknowledges(self, endpoint, ids):
        before, commands = self.model[endpoint], tuple(map(str, ids))
        after = acknowledge(before, commands, self.at)
        snapshot = acknowledged(self.sql, endpoint, commands, self.at)
        self.told(snapshot, after, is_changed=after is not before)
        self.model[endpoint] = after

    @invariant()
    def the_rows_are_as_the_rules_say(self):
        if hasattr(self, "sql"):
            assert load_queues(self.sql, ENDPOINTS) == self.model


@pytest.mark.filterwarnings("error")
def test_rows_and_rules_agree():
    machine = QueueMachine.TestCase
    machine.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
    machine().runTest()


def test_an_action_that_was_acknowledged_too_late_is_told_as_expired():
    sql = opened()
    before = Queue()
    after = enqueue(before, "SWC", "<action/>", origin_of(sql, START, TTL_S))
    save_queues(sql, "t", [Renewed("e1", before, after)], START)
    late = START + timedelta(seconds=TTL_S)
    acknowledged(sql, "e1", ("1",), late)
    assert sql.execute("SELECT outcome FROM commands").fetchall() == [("expired",)]
