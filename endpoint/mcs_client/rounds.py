"""One round of the client: register if needed, poll, do the work, renew the JWT and the flags.

* A round is strictly serial; the first failure ends it and is raised.
* What a round leaves undone lies in the queue and is done by the next one.
* An answer to a poll that cannot be read changes nothing and is no failure: the same commands come
  again.

Provenance: the order is mcs-protocol 1.4's (public).
"""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Sequence

from endpoint.host import HostFolder
from endpoint.identity import Identity, load_identity
from endpoint.logs import EndpointLog
from endpoint.mcs_client.access import Access
from endpoint.mcs_client.calls import McsCalls
from endpoint.mcs_client.command_work import CommandWork
from endpoint.mcs_client.errors import (
    LiveConnectUnreachableError,
    McsCallFailedError,
    NotRegisteredError,
)
from endpoint.mcs_client.migration import Migration
from endpoint.mcs_client.queue import CommandQueue
from endpoint.mcs_client.registration import Registration
from endpoint.mcs_client.settings import SettingsSource
from foundation.checkpoints import Checkpoints
from foundation.durable.files import write_atomic
from foundation.net.xml_guard import XmlRefusedError
from foundation.protocol.actions import (
    CLONE_CHALLENGE,
    CLONE_DETECTED,
    clone_kind,
    encode_clone_answer,
)
from foundation.protocol.answers import AnswerMalformedError, decode_flags, encode_flags
from foundation.protocol.commands import Command, InvalidCommandError, decode_commands
from foundation.protocol.names import REGISTERED_APPS
from foundation.service import Now


class Rounds:
    """The rounds of one client.

    Attributes:
        must_register: LiveConnect asked for a new registration; the next round does it.
        failures: Failures in a row; a good poll ends the row.
        counters: What happened so far.
    """

    def __init__(
        self,
        host: HostFolder,
        calls: McsCalls,
        *,
        registration: Registration,
        migration: Migration,
        work: CommandWork,
        queue: CommandQueue,
        settings: SettingsSource,
        log: EndpointLog,
        now: Now,
        rng: random.Random,
        checkpoints: Checkpoints,
    ) -> None:
        self._host = host
        self._calls = calls
        self._registration = registration
        self._migration = migration
        self._work = work
        self._queue = queue
        self._settings = settings
        self._log = log
        self._now = now
        self._rng = rng
        self._checkpoints = checkpoints
        self.access = Access()
        self._flags_path = host.cache / "flags-mcs.json"
        self._flags_due_s = 0.0
        self._greeted = False
        self.must_register = False
        self.failures = 0
        self.counters: Counter[str] = Counter()

    async def run(self) -> Identity:
        """Make one round; returns who this endpoint is.

        Raises:
            DomainError: The round ended early.
        """
        moved = await self._migration.finish()
        await self._greet()
        if moved or await self._migration.run():
            self.access.forget()
            self.must_register = False
            self.counters["migrations"] += 1
        identity = await self._identity()
        await self._poll(identity)
        await self._work.run(identity)
        await self._renew_access(identity)
        await self._renew_flags(identity)
        return identity

    async def run_pushed(self, identity: Identity, document: str) -> bool:
        """Do what a document that came by push says; return whether push may go on.

        A clone challenge is answered and not acknowledged; "clone detected" ends push (documented).

        Raises:
            DomainError: It ended early; what was received stays queued.
        """
        commands = self._read(document.encode())
        kinds = {command.id: clone_kind(command) for command in commands}
        for command in commands:
            if kinds[command.id] == CLONE_CHALLENGE:
                self._log.information("PushClient", "Clone challenge")
                answer = encode_clone_answer(
                    str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
                )
                await self._calls.respond(self.access, command.app_id, command.id, answer)
        self._take("PushClient", [one for one in commands if not kinds[one.id]])
        await self._work.run(identity)
        return CLONE_DETECTED not in kinds.values()

    async def register(self, token: str) -> Identity:
        """Register, for the first time or again."""
        identity = await self._registration.register(token)
        self.counters["registrations"] += 1
        self.must_register = False
        self.access.forget()
        return identity

    async def _greet(self) -> None:
        if self._greeted:
            return
        try:
            body = await self._calls.capabilities()
            self._log.information("Connection", f"Capabilities={body[:200].decode('latin-1')}")
        except LiveConnectUnreachableError:
            raise
        except McsCallFailedError as error:
            # Nothing depends on it: the answer is only logged.
            self._log.debug("Connection", str(error))
        self._greeted = True

    async def _identity(self) -> Identity:
        identity = load_identity(self._host)
        if identity is not None and not self.must_register:
            return identity
        token = self._settings.current().token
        if identity is None and not token:
            raise NotRegisteredError("this endpoint is not registered and has no token")
        return await self.register(token)

    async def _poll(self, identity: Identity) -> None:
        body = await self._calls.commands(identity, REGISTERED_APPS)
        self.failures = 0
        self.counters["polls"] += 1
        self._take("PollLoop", self._read(body))

    def _read(self, document: bytes) -> tuple[Command, ...]:
        try:
            return decode_commands(document, received_at=self._now())
        except (XmlRefusedError, InvalidCommandError) as error:
            self._log.error("PollLoop", f"Failed to parse commands: {error}")
            return ()

    def _take(self, component: str, commands: Sequence[Command]) -> None:
        if commands:
            new = self._queue.put(commands)
            self.counters["commands"] += len(new)
            self._checkpoints.reach("client.after_queue")
            self._log.information(component, f"Received {len(commands)} command(s)")

    async def _renew_access(self, identity: Identity) -> None:
        device_id = self._settings.current().device_id
        loop = asyncio.get_running_loop()
        if not self.access.is_wanted(device_id, loop.time()):
            return
        body = await self._calls.authenticate(identity)
        try:
            self.access.take(body, loop.time())
        except AnswerMalformedError as error:
            self._log.error("Access", f"No access token: {error}")

    async def _renew_flags(self, identity: Identity) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._flags_due_s and self._flags_path.exists():
            return
        body = await self._calls.flags(identity)
        self._flags_due_s = loop.time() + self._settings.current().flags_interval_s
        try:
            write_atomic(self._flags_path, encode_flags(decode_flags(body)))
        except AnswerMalformedError as error:
            self._log.error("Flags", f"The flags stay as they were: {error}")
