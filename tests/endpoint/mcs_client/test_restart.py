"""Ended at any step, the client loses nothing and does nothing twice.

Every disk operation, DELETE and download is a step; the process may end before or after each.
"""

import asyncio
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.identity import Identity
from endpoint.logs import EndpointLog, FixedLevel
from endpoint.mcs_client.command_work import CommandWork
from endpoint.mcs_client.fragment_cache import FragmentCache
from endpoint.mcs_client.queue import CommandQueue
from endpoint.mcs_client.status_cache import StatusCache
from foundation.checkpoints import NO_CHECKPOINTS
from foundation.durable import files
from foundation.durable.doorbell import EventDoorbell
from foundation.protocol.commands import Command, PolicyAssignment, encode_assignments
from foundation.redact import Secret

# A kill is no power failure of the machine: without fsync the same story runs much faster.
NO_SYNC = mock.patch("os.fsync", new=int)
AT = datetime(2026, 11, 20, tzinfo=UTC)
IDENTITY = Identity("EID", Secret("p"))


class PowerCutError(BaseException):
    """The process ends here; nothing may catch it."""


class Power:
    """Counts steps and ends the process at one of them."""

    def __init__(self) -> None:
        self.step = 0
        self.end_at: int | None = None

    def pass_(self) -> None:
        self.step += 1
        if self.step == self.end_at:
            raise PowerCutError

    def around(self, function):
        def wrapped(*arguments, **options):
            self.pass_()
            result = function(*arguments, **options)
            self.pass_()
            return result

        return wrapped


class Server:
    """The server's side: what it has not been told to delete comes with every poll."""

    def __init__(self, power: Power) -> None:
        assignments = {
            "1": [PolicyAssignment("SWC", 190, "SWC-a"), PolicyAssignment("SAV", 2, "SAV-a")],
            "4": [PolicyAssignment("SWC", 190, "SWC-b")],
        }
        listed = [
            Command(id_, "APPSPROXY", encode_assignments(assigned), AT)
            for id_, assigned in assignments.items()
        ]
        listed.insert(1, Command("2", "ALC", "<update/>", AT))
        listed.insert(2, Command("3", "SAV", "<scan/>", AT))
        self.commands = {command.id: command for command in listed}
        self.redeliver = [self.commands["2"]]
        self.power = power

    async def acknowledge(self, identity, command_id) -> None:
        self.power.pass_()
        self.commands.pop(command_id, None)
        self.power.pass_()

    async def policy(self, identity, app_id, policy_id) -> bytes:
        self.power.pass_()
        types = {"SWC": 190, "SAV": 2}
        return (
            f'<policy xmlns:csc="com.sophos\\msys\\csc">'
            f'<csc:Comp RevID="{policy_id}" policyType="{types[app_id]}"/></policy>'
        ).encode()


class Story:
    """One host over several lives of its client."""

    def __init__(self, root: Path) -> None:
        self.host = HostFolder(root / "pc")
        self.power = Power()
        self.server = Server(self.power)
        self.done: Counter[str] = Counter()
        self.cuts = 0

    def live(self, end_at: int | None) -> bool:
        """One life of the client; returns whether it was cut short."""
        self.power.step, self.power.end_at = 0, end_at
        try:
            asyncio.run(self._client())
        except PowerCutError:
            self.cuts += 1
            return True
        return False

    async def _client(self) -> None:
        log = EndpointLog(self.host.client_log, FixedLevel(), lambda: AT)
        queue = CommandQueue(self.host.command_queue)
        work = CommandWork(
            queue,
            self.server,
            self.handover(),
            cache=StatusCache(self.host.cache),
            fragments=FragmentCache(self.host.cache),
            accept_migration=lambda _body: False,
            log=log,
            checkpoints=NO_CHECKPOINTS,
        )
        queue.put(self.server.commands.values())
        await work.run(IDENTITY)

    def handover(self) -> Handover:
        return Handover(self.host, persist_bell=EventDoorbell(), spool_bell=EventDoorbell())

    def agent(self) -> None:
        """The agent runs what it finds, in its own, undisturbed process."""
        self.power.end_at = None
        handover = self.handover()
        for action in handover.actions():
            self.done[action.command_id] += 1
            handover.action_done(action.command_id)

    def check(self) -> None:
        assert self.server.commands == {}
        assert list(self.host.command_queue.glob("*.json")) == []
        assert self.done == {"2": 1, "3": 1}
        stored = {name: self.handover().policy(name) for name in self.handover().policies()}
        assert b"SWC-b" in stored["SWC-190_policy.xml"]
        assert b"SAV-a" in stored["SAV-2_policy.xml"]


@pytest.fixture
def power_cuts():
    """Make every disk operation of the client a step of the story's power."""
    power = Power()

    def connect(story: Story) -> Story:
        story.power = story.server.power = power
        return story

    places = {
        "endpoint.mcs_client.queue": ("write_atomic", "remove"),
        "endpoint.ledger": ("write_atomic",),
        "endpoint.spool_files": ("write_atomic",),
        "endpoint.handover": ("write_secret", "remove"),
    }
    patches = [
        mock.patch(f"{module}.{name}", power.around(getattr(files, name)))
        for module, names in places.items()
        for name in names
    ]
    patches.append(NO_SYNC)
    for patch in patches:
        patch.start()
    yield connect
    for patch in patches:
        patch.stop()


@pytest.mark.parametrize("agent_runs", [True, False])
def test_mcs_07_cut_at_every_single_step_nothing_is_lost_or_done_twice(
    power_cuts, tmp_path, agent_runs
):
    end_at, cut = 0, True
    while cut:
        end_at += 1
        story = power_cuts(Story(tmp_path / str(end_at)))
        cut = story.live(end_at)
        if agent_runs:
            story.agent()
        story.live(None)
        story.agent()
        story.check()
    assert end_at > 40


@NO_SYNC
@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=8))
def test_mcs_07_cut_again_and_again_nothing_is_lost_or_done_twice(lives):
    power = Power()
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.multiple(
            "endpoint.mcs_client.queue",
            write_atomic=power.around(files.write_atomic),
            remove=power.around(files.remove),
        ),
        mock.patch("endpoint.spool_files.write_atomic", power.around(files.write_atomic)),
        mock.patch("endpoint.ledger.write_atomic", power.around(files.write_atomic)),
    ):
        story = Story(Path(folder))
        story.power = story.server.power = power
        for end_at, agent_runs in lives:
            story.live(end_at)
            if agent_runs:
                story.agent()
        story.live(None)
        story.agent()
        story.check()


def test_a_finished_command_that_comes_again_is_only_acknowledged(power_cuts, tmp_path):
    story = power_cuts(Story(tmp_path))
    story.live(None)
    story.agent()
    story.server.commands = {command.id: command for command in story.server.redeliver}
    story.live(None)
    story.agent()
    story.check()


def test_another_identity_may_use_the_same_command_ids(tmp_path):
    queue = CommandQueue(tmp_path)
    command = Command("1", "ALC", "<x/>", AT)
    (entry,) = queue.put([command])
    queue.finish(queue.acknowledged(entry))
    queue.clear()
    (again,) = queue.put([command])
    assert not again.finished


def test_a_damaged_entry_is_set_aside_and_the_others_go_on(tmp_path):
    queue = CommandQueue(tmp_path)
    queue.put([Command("1", "ALC", "a", AT), Command("2", "ALC", "b", AT)])
    first = min(tmp_path.glob("*.json"))
    first.write_bytes(b'{"half')
    assert [entry.command.id for entry in queue.entries()] == ["2"]
    assert first.with_suffix(".damaged").exists()


@given(st.text(min_size=1), st.text())
def test_any_id_and_body_survive_the_queue(id_, body):
    with tempfile.TemporaryDirectory() as folder:
        command = Command(id_, "ALC", body, AT, 5.0, 3)
        CommandQueue(Path(folder)).put([command, command])
        assert [entry.command for entry in CommandQueue(Path(folder)).entries()] == [command]
