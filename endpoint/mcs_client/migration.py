r"""Moving to another server, as an action says.

* The action is on disk before it is acknowledged as done; a restart at any point goes on with it.
* The new server is asked first; who this endpoint is there is written down before anybody is told.
  Then the old server hears that it went well, and only then the addresses are changed.
* When the new server does not take this endpoint, the old one is told why, and all stays as it was.
* Policies of other apps stay in force until the new server assigns its own; the MCS policy goes,
  since it names the old server.

Provenance: documented (mcs-protocol 1.3 call 15, 1.4, 2.5); that a private CA comes with the
action is ours.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from endpoint.config import read_config, write_config
from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.identity import Identity, load_identity, store_identity
from endpoint.logs import EndpointLog
from endpoint.mcs_client.calls import McsCalls
from endpoint.mcs_client.computer import Computer, describe
from endpoint.mcs_client.connection import Connection
from endpoint.mcs_client.errors import McsCallFailedError, ServerCaUnusableError, failed
from endpoint.mcs_client.outcome import Answer
from endpoint.mcs_client.queue import CommandQueue
from endpoint.mcs_client.requests import call_headers, user_agent
from endpoint.mcs_client.settings import SettingsSource
from endpoint.mcs_client.status_cache import StatusCache
from foundation.durable.files import remove, write_atomic, write_secret
from foundation.protocol import paths
from foundation.protocol.actions import MIGRATE, Action, ActionRefusedError, decode_action
from foundation.protocol.answers import AnswerMalformedError
from foundation.protocol.authorization import encode_bearer
from foundation.protocol.mcs_policy import is_server_url
from foundation.protocol.migration import MigrationOutcome, NewIdentity, decode_new_identity
from foundation.protocol.names import MCS, POLICY_TYPES
from foundation.protocol.policies import policy_file_name
from foundation.redact import Secret
from foundation.service import Now

_COMPONENT: Final = "Migration"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """A migration under way; `there` is the new identity, once it is known."""

    server: str
    token: str = field(repr=False)
    ca_pem: str = ""
    there: NewIdentity | None = None


class Migration:
    """Moves one host.

    Args:
        host: The machine.
        calls: The old server, which is told.
        connect: Opens a connection that trusts one CA file.
        settings: What the endpoint says of itself to the new server.
        computer: Likewise.
        queue: Emptied: its commands are the old server's.
        handover: Likewise.
        cache: Statuses are sent anew.
        log: MCSClient.log.
        now: The present.
    """

    def __init__(
        self,
        host: HostFolder,
        calls: McsCalls,
        *,
        connect: Callable[[Path], Connection],
        settings: SettingsSource,
        computer: Computer,
        queue: CommandQueue,
        handover: Handover,
        cache: StatusCache,
        log: EndpointLog,
        now: Now,
    ) -> None:
        self._host = host
        self._calls = calls
        self._connect = connect
        self._settings = settings
        self._computer = computer
        self._queue = queue
        self._handover = handover
        self._cache = cache
        self._log = log
        self._now = now
        self._pending_file = host.persist / "Migration"
        self._ca_file = host.persist / "Migration.crt"

    def accept(self, body: str) -> bool:
        """Note a migration for the next round; return whether the command is one."""
        action = _migration_in(body)
        if action is None:
            return False
        server = action.parameters.get("server", "").rstrip("/")
        token = action.parameters.get("token", "")
        if not (is_server_url(server) and server.lower().startswith("https://") and token):
            self._log.error(_COMPONENT, "Dropped a migration without a usable server or token")
            return True
        self._write(_Move(server=server, token=token, ca_pem=action.parameters.get("ca", "")))
        return True

    async def run(self) -> bool:
        """Do a migration, if there is one to do; return whether this endpoint has moved."""
        move, identity = self._read(), load_identity(self._host)
        if move is None:
            return False
        if identity is None:
            self._forget()
            return False
        if move.there is None:
            try:
                there = decode_new_identity(await self._ask(move))
            except (McsCallFailedError, AnswerMalformedError, ServerCaUnusableError) as error:
                self._log.error(_COMPONENT, f"Stays here: {error}")
                await self._tell(identity, move, str(error))
                self._forget()
                return False
            self._write(replace(move, there=there))
        return await self.finish()

    async def finish(self) -> bool:
        """Go on with a move that has begun; return whether there was one.

        Asked before anything is sent: addresses and CA may be of two servers until it is done.
        """
        move, identity = self._read(), load_identity(self._host)
        if move is None or move.there is None or identity is None:
            return False
        if identity.endpoint_id != move.there.endpoint_id:
            await self._tell(identity, move, "")
        await self._switch(move, move.there)
        return True

    async def _ask(self, move: _Move) -> bytes:
        """Ask the new server to take this endpoint.

        Raises:
            McsCallFailedError: It does not, or there is no answer.
        """
        if move.ca_pem:
            write_atomic(self._ca_file, move.ca_pem.encode())
        settings = self._settings.current()
        status = describe(
            self._computer,
            self._now(),
            device_id=settings.device_id,
            tenant_id=settings.tenant_id,
        )
        more = {
            "Accept": "application/json",
            "X-Device-ID": settings.device_id,
            "X-Tenant-ID": settings.tenant_id,
        }
        connection = self._connect(self._ca_file if move.ca_pem else settings.ca)
        try:
            outcome = await connection.request(
                "POST",
                paths.join(move.server, paths.migrate()),
                headers=call_headers(
                    encode_bearer(move.token), user_agent(has_token=bool(settings.token)), more
                ),
                body=status.encode(),
            )
        finally:
            await connection.close()
        if not (isinstance(outcome, Answer) and outcome.is_success):
            raise failed("migrate", outcome)
        return outcome.body

    async def _tell(self, identity: Identity, move: _Move, error: str) -> None:
        outcome = MigrationOutcome(token=move.token, has_moved=not error, error=error)
        try:
            await self._calls.post_events(identity, outcome.encode(self._now()))
        except McsCallFailedError as failure:
            # It cannot be told later either: this endpoint is not the old server's any more.
            self._log.warning(_COMPONENT, f"The old server was not told: {failure}")

    async def _switch(self, move: _Move, there: NewIdentity) -> None:
        """Change over; each part may be done again after a kill."""
        self._queue.clear()
        self._handover.forget_actions()
        self._cache.send_again()
        if move.ca_pem:
            write_atomic(self._host.server_ca, move.ca_pem.encode())
        config = read_config(self._host.config_file)
        client = replace(
            config.client,
            servers=(move.server,),
            registration_token=Secret(""),
            ca_file="" if move.ca_pem else config.client.ca_file,
        )
        write_config(self._host.config_file, replace(config, client=client))
        remove(self._host.persist / policy_file_name(MCS, POLICY_TYPES[MCS]))
        store_identity(self._host, Identity(there.endpoint_id, Secret(there.password)))
        self._forget()
        self._handover.persist_bell.ring()
        # The next connection trusts the new CA, and has no cookies of the old server.
        await self._calls.begin_anew()
        self._log.information(_COMPONENT, f"Moved to {move.server} as {there.endpoint_id}")

    def _write(self, move: _Move) -> None:
        write_secret(self._pending_file, json.dumps(asdict(move)).encode())

    def _read(self) -> _Move | None:
        try:
            content = json.loads(self._pending_file.read_bytes())
            there = content.pop("there")
            return _Move(**content, there=None if there is None else NewIdentity(**there))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._log.error(_COMPONENT, f"A damaged note of a migration is dropped: {error}")
            self._forget()
            return None

    def _forget(self) -> None:
        remove(self._pending_file)
        remove(self._ca_file)


def is_migration(body: str) -> bool:
    """Whether the body of a command is a migration."""
    return _migration_in(body) is not None


def _migration_in(body: str) -> Action | None:
    try:
        action = decode_action(body)
    except ActionRefusedError:
        return None
    return action if action.type == MIGRATE else None
