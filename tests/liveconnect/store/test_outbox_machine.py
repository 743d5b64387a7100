"""The report outbox of two UTMs under any sequence of events, against its pure rules."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from liveconnect.reports import Happening, Outbox, acknowledge, add, take

NAMES = ("one", "two")


class OutboxMachine(RuleBasedStateMachine):
    make_store = make_tenant = clock = None

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.store = self.run(self.make_store(Path(self.folder.name)))
        self.run(self.store.open())
        self.tenants = {name: self.make_tenant(self.store, self.clock, name) for name in NAMES}
        self.model = dict.fromkeys(NAMES, Outbox())
        self.seen = set()
        self.endpoints = 0
        for tenant in self.tenants.values():
            self.run(tenant.register())
        for name in NAMES:
            self.enrols(name)

    def run(self, work):
        return self.loop.run_until_complete(work)

    def teardown(self):
        if hasattr(self, "store"):
            self.run(self.store.close())
            self.loop.close()
            self.folder.cleanup()

    def expects(self, name, kind, endpoint):
        happening = Happening(kind=kind, endpoint_id=endpoint, at=self.clock(), body={})
        self.model[name] = add(self.model[name], happening)

    @rule(name=st.sampled_from(NAMES))
    def enrols(self, name):
        self.endpoints += 1
        endpoint = f"{name}-{self.endpoints}"
        self.run(self.tenants[name].enrol(endpoint))
        self.expects(name, "enrolled", endpoint)

    @rule(name=st.sampled_from(NAMES), event=st.sampled_from("abc"))
    def sends_an_event(self, name, event):
        endpoint = f"{name}-{NAMES.index(name) + 1}"
        new = self.run(self.tenants[name].event(endpoint, event))
        assert new == ((name, event) not in self.seen)
        if new:
            self.seen.add((name, event))
            self.expects(name, "event", endpoint)

    @rule(name=st.sampled_from(NAMES), numbers=st.sets(st.integers(1, 12)))
    def acknowledges(self, name, numbers):
        self.run(self.store.acknowledge_reports(self.tenants[name].tenant, numbers))
        self.model[name] = acknowledge(self.model[name], numbers)

    @rule()
    def restarts(self):
        self.run(self.store.close())
        self.store = self.run(self.make_store(Path(self.folder.name)))
        self.run(self.store.open())
        for tenant in self.tenants.values():
            tenant.store = self.store

    @invariant()
    def each_utm_is_handed_out_exactly_its_own(self):
        for name in NAMES if hasattr(self, "tenants") else ():
            found = self.run(self.tenants[name].reports())
            told = [(each.number, each.kind, each.endpoint_id) for each in found]
            expected = take(self.model[name], 1000)
            assert told == [(each.number, each.kind, each.endpoint_id) for each in expected]


@pytest.fixture
def machine(make_store, make_tenant, clock):
    parts = {
        "make_store": staticmethod(make_store),
        "make_tenant": staticmethod(make_tenant),
        "clock": staticmethod(clock),
    }
    return type("Machine", (OutboxMachine,), parts)


def test_exactly_once_numbers_whatever_happens(machine):
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(machine, settings=settings(max_examples=12, stateful_step_count=20))
