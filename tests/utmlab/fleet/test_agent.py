"""An agent does what the protocol says, in its order: the whole of it without a socket."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from endpoint.mcs_client.options import McsClientOptions
from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer
from endpoint.mcs_client.push_target import target_of
from endpoint.mcs_client.settings import settings_under
from foundation.protocol.answers import AuthenticateAnswer
from foundation.protocol.authorization import EndpointCredentials, encode_registration_answer
from foundation.protocol.commands import (
    Command,
    PolicyAssignment,
    encode_assignments,
    encode_commands,
)
from foundation.protocol.mcs_policy import McsPolicy
from foundation.protocol.names import APPSPROXY, MCS
from foundation.protocol.policies import seal
from foundation.protocol.push import PushEvent, PushKind
from foundation.protocol.statuses import decode_adapter_status, decode_statuses
from foundation.redact import Secret
from utmlab.fleet.agent import Agent
from utmlab.fleet.behaviour import Behaviour
from utmlab.fleet.surroundings import Surroundings

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
REVISION, POLICY = seal(McsPolicy(device_id="device-1", poll_interval_s=30).encode())
LISTENING = settings_under(
    McsPolicy(push_servers=("https://push.example",)),
    configured_servers=("https://mcs.example/mcs",),
    configured_token="T" * 17,
    override_s=None,
    ca=Path(),
)
DENIED = Answer(401, {"www-authenticate": 'Basic realm="register"'}, b"")


class World:
    """A server that answers as it is told, and a clock that is set."""

    def __init__(self, behaviour=None, **options):
        self.time_s = 1000.0
        self.around = Surroundings(
            url="https://mcs.example/mcs",
            token="T" * 17,
            options=McsClientOptions(**options),
            secret="s",
            now=lambda: AT + timedelta(seconds=self.time_s - 1000),
            clock=lambda: self.time_s,
        )
        self.agent = Agent(
            7,
            "FLEET-00007",
            behaviour or Behaviour(),
            self.around,
            rng=random.Random(1),
            known=None,
            start_s=1000.0,
            is_spread=False,
        )
        self.waiting = []
        self.answers = {}
        self.sent = []

    def turn(self):
        """Let the agent do what is due; return the calls it made."""
        first, turn, outcome = len(self.sent), self.agent.turn(), None
        try:
            call = next(turn)
            while True:
                self.sent.append((call.name, call.request))
                outcome = self.answer(call.name)
                call = turn.send(outcome)
        except StopIteration:
            return [name for name, _ in self.sent[first:]]

    def answer(self, name):
        if self.answers.get(name):
            return self.answers[name].pop(0)
        bodies = {
            "register": encode_registration_answer(EndpointCredentials("E-1", Secret("P"))),
            "poll": encode_commands(self.waiting),
            "policy": POLICY,
            "authenticate": AuthenticateAnswer(
                access_token="jwt", device_id="device-1", tenant_id="t"
            ).encode(),
            "flags": b"{}",
        }
        if name == "poll":
            self.waiting = []
        return Answer(200, {}, bodies.get(name, b""))

    def later(self):
        self.time_s = self.agent.wake_at_s
        return self.turn()


def assignment(revision=REVISION, command_id="c-1"):
    body = encode_assignments([PolicyAssignment(MCS, 25, revision)])
    return Command(id=command_id, app_id=APPSPROXY, body=body, creation_time=AT)


def test_first_contact_is_in_the_order_of_the_wire():
    world = World()
    world.waiting = [assignment()]
    first = ["capabilities", "register", "poll", "ack", "policy", "authenticate", "flags"]
    assert world.turn() == [*first, "statuses", "statuses"]
    assert world.later() == ["poll"]


def test_mcs_07_a_policy_is_reported_as_in_force_and_its_interval_honoured():
    world = World()
    world.waiting = [assignment()]
    world.turn()
    statuses = decode_statuses(world.sent[-1][1].partition(b"\r\n\r\n")[2])
    told = {one.app_id: one for one in statuses}
    status = decode_adapter_status(MCS, told[MCS].body)
    assert (status.res, status.rev_id) == ("Same", REVISION)
    assert told[MCS].creation_time == AT
    assert world.agent.settings.poll_interval_s == 30
    world.later()
    assert world.agent.wake_at_s == 1000 + 2 * 30


def test_a_stubborn_agent_says_that_something_else_is_in_force():
    world = World(Behaviour(says_diff=True))
    world.waiting = [assignment()]
    world.turn()
    told = {one.app_id: one for one in decode_statuses(world.sent[-1][1].split(b"\r\n\r\n")[1])}
    assert decode_adapter_status(MCS, told[MCS].body).res == "Diff"


def test_a_command_is_kept_until_it_is_acknowledged_and_done():
    world = World()
    world.waiting = [assignment()]
    world.answers = {"policy": [NoAnswer(Breakdown.RESET, "")]}
    assert "statuses" not in world.turn()
    assert world.agent.is_failing
    assert world.later() == ["poll", "policy", "authenticate", "flags", "statuses", "statuses"]


def test_a_lost_authentication_is_answered_by_registering_with_the_old_identity():
    world = World()
    world.turn()
    world.answers = {"poll": [DENIED]}
    assert world.later() == ["poll"]
    # Semi-permanent: twice the interval is the longest after one failure.
    assert 20 <= world.agent.wake_at_s - world.time_s <= 40
    assert world.later()[:2] == ["register", "poll"]


@pytest.mark.parametrize("status", [404, 500, 503])
def test_failures_are_waited_out_longer_each_time(status):
    world = World(poll_interval_s=20.0)
    world.turn()
    world.answers = {"poll": [Answer(status, {}, b"")] * 4}
    waits = []
    for _ in range(4):
        world.later()
        waits.append(world.agent.wake_at_s - world.time_s)
    assert waits[3] > 2 * waits[1] >= 40
    world.later()
    assert not world.agent.is_failing
    assert world.agent.wake_at_s - world.time_s == 20


def test_cookies_come_back_and_are_cleared_by_an_error():
    world = World()
    world.answers = {"register": [Answer(500, {}, b"")]}
    world.turn()
    answer = world.answer("poll")
    world.answers = {"poll": [Answer(200, {"set-cookie": "SID=1; Path=/\nB=2"}, answer.body)]}
    world.later()
    world.later()
    assert b"Cookie: SID=1; B=2\r\n" in world.sent[-1][1]
    world.answers = {"poll": [Answer(404, {}, b"")]}
    world.later()
    world.later()
    assert b"Cookie" not in world.sent[-1][1]


def test_events_go_out_in_batches_and_wait_until_they_are_acknowledged():
    world = World(Behaviour(events_per_hour=3600), poll_interval_s=1000.0)
    world.turn()
    world.answers = {"events": [Answer(503, {}, b"")]}
    while world.later() != ["events"]:
        pass
    assert world.around.tally.events == 0
    while world.later() != ["events"]:
        pass
    assert world.around.tally.events > 5


def test_a_wake_up_brings_a_poll_at_once():
    world = World(poll_interval_s=20.0)
    world.waiting = [assignment()]
    world.turn()
    world.time_s += 3
    assert world.agent.push_said(PushEvent(PushKind.WAKE_UP))
    assert world.turn() == ["poll"]
    assert world.agent.wake_at_s == 1020


def test_whole_commands_are_done_and_a_poll_follows_other_settings():
    world = World()
    world.waiting = [assignment()]
    world.turn()
    world.agent.is_push_up, world.agent.push = True, target_of(LISTENING, world.agent._talk.access)
    world.agent.is_push_wanted_now = False
    revision, policy = seal(
        McsPolicy(device_id="device-1", push_servers=("https://other.example",)).encode()
    )
    world.answers = {"policy": [Answer(200, {}, policy)]}
    document = encode_commands([assignment(revision, "c-2")]).decode()
    assert world.agent.push_said(PushEvent(PushKind.COMMANDS, document))
    assert world.turn()[:3] == ["ack", "policy", "poll"]
    assert world.agent.is_push_wanted_now
    assert world.agent.push.url.startswith("https://other.example/")


def test_whole_commands_in_a_back_off_are_followed_by_a_poll_that_ends_it():
    world = World()
    world.waiting = [assignment()]
    world.turn()
    world.answers = {"poll": [Answer(500, {}, b"")]}
    world.later()
    assert world.agent.is_failing
    document = encode_commands([assignment(command_id="c-2")]).decode()
    assert world.agent.push_said(PushEvent(PushKind.COMMANDS, document))
    assert world.turn()[:3] == ["ack", "policy", "poll"]
    assert not world.agent.is_failing


def test_the_same_seed_makes_the_same_requests():
    def requests():
        world = World(Behaviour(events_per_hour=600), poll_interval_s=10.0)
        world.turn()
        for _ in range(20):
            world.later()
        return world.sent

    assert requests() == requests()


def test_what_is_known_goes_on_without_registering():
    world = World()
    world.waiting = [assignment()]
    world.turn()
    known, other = world.agent.known, World()
    assert known is not None
    assert known.policies == {MCS: REVISION}
    again = Agent(
        7,
        "FLEET-00007",
        Behaviour(),
        other.around,
        rng=random.Random(1),
        known=known,
        start_s=1000.0,
        is_spread=False,
    )
    other.agent = again
    assert other.turn()[:2] == ["capabilities", "poll"]
    assert again.settings.poll_interval_s == 30
