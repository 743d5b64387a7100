"""Doing what the queued commands say.

* The order for each command: it is on disk, it is acknowledged, its work is done and handed to
  the agent, it leaves the queue. A restart goes on at any of these points.
* A failed download keeps its command and lets the ones behind it go first; a broken connection
  ends the work for now.
* A policy that cannot be read never replaces a good one.

Provenance: acknowledging before the work is public (mcs-protocol 1.9); the durable queue is ours.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta

from endpoint.handover import Handover
from endpoint.host import PathOutsideHostError
from endpoint.identity import Identity
from endpoint.logs import EndpointLog
from endpoint.mcs_client.assignments import Assigned, assignments_to_fetch
from endpoint.mcs_client.calls import McsCalls
from endpoint.mcs_client.errors import LiveConnectUnreachableError, McsCallFailedError
from endpoint.mcs_client.fragment_cache import FragmentCache
from endpoint.mcs_client.migration import is_migration
from endpoint.mcs_client.outcome import Answer
from endpoint.mcs_client.queue import CommandQueue, QueuedCommand
from endpoint.mcs_client.status_cache import StatusCache
from foundation.checkpoints import Checkpoints
from foundation.protocol.commands import Command, PolicyAssignment
from foundation.protocol.names import APPSPROXY, POLICY_TYPES, REGISTERED_APPS
from foundation.protocol.policies import (
    PolicyRefusedError,
    policy_file_name,
    read_compliance,
    read_policy,
)


class CommandWork:
    """Works through the queue of one host."""

    def __init__(
        self,
        queue: CommandQueue,
        calls: McsCalls,
        handover: Handover,
        *,
        cache: StatusCache,
        fragments: FragmentCache,
        accept_migration: Callable[[str], bool],
        log: EndpointLog,
        checkpoints: Checkpoints,
    ) -> None:
        self._queue = queue
        self._calls = calls
        self._handover = handover
        self._cache = cache
        self._fragments = fragments
        self._accept = accept_migration
        self._log = log
        self._checkpoints = checkpoints

    async def run(self, identity: Identity) -> None:
        """Work off what is queued.

        Raises:
            McsCallFailedError: Something remains in the queue; the first failure is raised.
        """
        entries = self._queue.entries()
        commands = [entry.command for entry in entries]
        assigned = assignments_to_fetch(commands, self._unknown)
        failure: McsCallFailedError | None = None
        for entry, several in zip(entries, assigned, strict=True):
            try:
                await self._work(identity, entry, several)
            except LiveConnectUnreachableError:
                raise
            except McsCallFailedError as error:
                if isinstance(error.outcome, Answer) and error.outcome.status == 401:
                    raise
                self._log.warning("CommandQueue", f"{error}; it stays queued")
                failure = failure or error
        if failure is not None:
            raise failure

    async def _work(
        self, identity: Identity, entry: QueuedCommand, assigned: Sequence[Assigned]
    ) -> None:
        if not entry.acknowledged:
            await self._calls.acknowledge(identity, entry.command.id)
            self._checkpoints.reach("client.after_delete")
            entry = self._queue.acknowledged(entry)
            self._log.debug("CommandQueue", f"Acknowledged command {entry.command.id}")
        if entry.finished:
            self._log.debug("CommandQueue", f"Command {entry.command.id} was done before")
        elif entry.command.app_id == APPSPROXY and not assigned:
            self._accept_migration(entry.command)
        elif entry.command.app_id == APPSPROXY:
            for each in assigned:
                await self._fetch(identity, each)
        else:
            self._hand_over_action(entry.command)
        self._queue.finish(entry)

    async def _fetch(self, identity: Identity, assigned: Assigned) -> None:
        app_id = assigned.app_id
        self._log.information("CommandQueue", f"Fetch New Policy: {app_id}")
        if isinstance(assigned, PolicyAssignment):
            body = await self._calls.policy(identity, app_id, assigned.policy_id)
        else:
            pieces = [
                await self._fragment(identity, app_id, fragment_id)
                for _, fragment_id in assigned.fragments
            ]
            body = b"".join(pieces)
        self._checkpoints.reach("client.after_policy_fetched")
        try:
            self._store(app_id, body)
        except (PolicyRefusedError, PathOutsideHostError) as error:
            self._log.error("PolicyStore", f"Refused a policy for {app_id}: {error}")
            return
        self._checkpoints.reach("client.after_persist")
        held = () if isinstance(assigned, PolicyAssignment) else assigned.fragments
        self._fragments.keep_only(app_id, {fragment_id for _, fragment_id in held})

    async def _fragment(self, identity: Identity, app_id: str, fragment_id: str) -> bytes:
        held = self._fragments.find(app_id, fragment_id)
        if held is not None:
            return held
        body = await self._calls.policy_fragment(identity, app_id, fragment_id)
        self._fragments.keep(app_id, fragment_id, body)
        return body

    def _store(self, app_id: str, body: bytes) -> None:
        policy_type = _policy_type(app_id, body)
        digest = hashlib.sha256(body).hexdigest()
        name = policy_file_name(app_id, policy_type)
        if self._handover.policies().get(name) == digest:
            # LiveConnect would not assign what it knows to be in force: tell it again.
            self._cache.send_again(app_id)
        path = self._handover.store_policy(app_id, policy_type, body)
        self._log.information("PolicyStore", f"Stored {path.name} ({len(body)} bytes)")

    def _hand_over_action(self, command: Command) -> None:
        if command.app_id not in REGISTERED_APPS:
            self._log.warning("CommandQueue", f"No adapter for {command.app_id}")
            return
        try:
            expires_at = command.creation_time + timedelta(seconds=command.ttl_s)
        except OverflowError:  # a year that no calendar has: as good as never
            expires_at = None
        self._handover.store_action(command.id, command.app_id, command.body, expires_at=expires_at)
        self._log.information("CommandQueue", f"Handed over an action for {command.app_id}")

    def _accept_migration(self, command: Command) -> None:
        if self._accept(command.body):
            self._log.information("CommandQueue", f"Command {command.id} is a migration")

    def _unknown(self, command: Command, error: Exception) -> None:
        if is_migration(command.body):
            return
        self._log.warning("CommandQueue", f"Command {command.id} assigns nothing: {error}")


def _policy_type(app_id: str, body: bytes) -> int | None:
    """The type that names the file; apps we have no adapter for may do without ``csc:Comp``."""
    try:
        return read_compliance(body).policy_type
    except PolicyRefusedError:
        if app_id in POLICY_TYPES:
            raise
        read_policy(body)
        return None
