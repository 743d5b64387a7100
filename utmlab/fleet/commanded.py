"""What an agent does with commands: acknowledge, fetch, store; in the client's own order. Pure.

* Each command is acknowledged before its work is done; what fails stays queued for the next round.
* A command that was done before is acknowledged again and not done again.
* A policy that cannot be read never replaces a good one.

Provenance: mcs-protocol.md 1.9 (public).
"""

import random
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from endpoint.mcs_client.assignments import Assigned, assignments_to_fetch
from endpoint.mcs_client.errors import LiveConnectUnreachableError, McsCallFailedError
from endpoint.mcs_client.outcome import Answer
from foundation.errors import DomainError
from foundation.protocol.actions import (
    CLONE_CHALLENGE,
    CLONE_DETECTED,
    clone_kind,
    encode_clone_answer,
)
from foundation.protocol.commands import Command, PolicyAssignment
from foundation.protocol.mcs_policy import McsPolicy, decode_mcs_policy
from foundation.protocol.names import APPSPROXY, MCS
from foundation.protocol.policies import PolicyRefusedError
from utmlab.fleet.conversation import Conversation, Steps
from utmlab.fleet.surroundings import Surroundings
from utmlab.fleet.telling import Telling

_REMEMBERED: Final = 50


@dataclass(slots=True)
class _Queued:
    command: Command
    is_acknowledged: bool = False


class CommandTurns:
    """The commands of one agent.

    Attributes:
        mcs_policy: The MCS policy in force, as it came.
        on_mcs_policy: Told of one that was stored.
    """

    __slots__ = (
        "_around",
        "_finished",
        "_pieces",
        "_queue",
        "_rng",
        "_talk",
        "_telling",
        "mcs_policy",
        "on_mcs_policy",
    )

    def __init__(
        self, talk: Conversation, telling: Telling, around: Surroundings, rng: random.Random
    ) -> None:
        self._talk, self._telling, self._around, self._rng = talk, telling, around, rng
        self._queue: list[_Queued] = []
        self._finished: deque[str] = deque(maxlen=_REMEMBERED)
        self._pieces: dict[str, frozenset[str]] = {}
        self.mcs_policy = ""
        self.on_mcs_policy: Callable[[McsPolicy], None] = lambda _policy: None

    def forget(self) -> None:
        """Forget everything: the commands belonged to another identity."""
        self._queue.clear()
        self._finished.clear()

    def take(self, document: bytes) -> None:
        """Queue the commands of an answer; one that cannot be read changes nothing."""
        commands = self._read(document)
        if commands:
            self._put(commands)

    def run(self) -> Steps[None]:
        """Work off what is queued.

        Raises:
            DomainError: Something remains in the queue; the first failure is raised.
        """
        if not self._queue:
            return
        entries = tuple(self._queue)
        assigned = assignments_to_fetch([one.command for one in entries], self._unknown)
        failure: McsCallFailedError | None = None
        for entry, several in zip(entries, assigned, strict=True):
            try:
                yield from self._work(entry, several)
            except LiveConnectUnreachableError:
                raise
            except McsCallFailedError as error:
                if isinstance(error.outcome, Answer) and error.outcome.status == 401:
                    raise
                failure = failure or error
        if failure is not None:
            raise failure

    def run_pushed(self, document: str) -> Steps[bool]:
        """Do what a document that came by push says; return whether push may go on."""
        commands = self._read(document.encode())
        kinds = {command.id: clone_kind(command) for command in commands}
        for command in commands:
            if kinds[command.id] == CLONE_CHALLENGE:
                dedup_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
                answer = encode_clone_answer(dedup_id)
                yield from self._talk.respond(command.app_id, command.id, answer)
        self._put([one for one in commands if not kinds[one.id]])
        yield from self.run()
        return CLONE_DETECTED not in kinds.values()

    def _read(self, document: bytes) -> tuple[Command, ...]:
        around = self._around
        try:
            return around.papers.commands(document, around.now())
        except DomainError:
            around.tally.counts["commands_unreadable"] += 1
            return ()

    def _put(self, commands: Sequence[Command]) -> None:
        queued = {one.command.id for one in self._queue}
        new = [one for one in commands if one.id not in queued]
        self._queue += [_Queued(one) for one in new]
        self._around.tally.counts["commands"] += len(new)

    def _work(self, entry: _Queued, assigned: Sequence[Assigned]) -> Steps[None]:
        command = entry.command
        if not entry.is_acknowledged:
            yield from self._talk.acknowledge(command.id)
            entry.is_acknowledged = True
        if command.id not in self._finished:
            for each in assigned:
                yield from self._fetch(each, command)
            if command.app_id != APPSPROXY:
                self._around.tally.counts["actions"] += 1
            self._finished.append(command.id)
        self._queue.remove(entry)

    def _fetch(self, assigned: Assigned, command: Command) -> Steps[None]:
        app_id = assigned.app_id
        if isinstance(assigned, PolicyAssignment):
            body = yield from self._talk.policy(app_id, assigned.policy_id)
        else:
            ids = [fragment_id for _, fragment_id in assigned.fragments]
            body = b""
            for fragment_id in ids:
                body += yield from self._piece(app_id, fragment_id)
            self._pieces[app_id] = frozenset(ids)
        try:
            self._store(app_id, body, command)
        except PolicyRefusedError:
            self._around.tally.counts["policies_refused"] += 1

    def _piece(self, app_id: str, fragment_id: str) -> Steps[bytes]:
        papers = self._around.papers
        held = papers.piece(fragment_id)
        # Held for all, but each agent fetches what it has not had itself.
        if held is not None and fragment_id in self._pieces.get(app_id, ()):
            return held
        body = yield from self._talk.fragment(app_id, fragment_id)
        papers.keep_piece(fragment_id, body)
        return body

    def _store(self, app_id: str, body: bytes, command: Command) -> None:
        if app_id == MCS:
            policy = decode_mcs_policy(body)
            revision = policy.rev_id
            self.mcs_policy = body.decode()
            self.on_mcs_policy(policy)
        else:
            revision = self._around.papers.compliance(app_id, body).rev_id
        self._telling.enforced(app_id, revision, command.creation_time)

    def _unknown(self, _command: Command, _error: Exception) -> None:
        self._around.tally.counts["commands_unknown"] += 1
