"""The documents of agents, made from templates: what differs is filled in. Pure.

* A template is what the protocol's own encoder wrote for a time that no agent has; only the time
  is replaced, so that an agent's document is byte for byte the encoder's.
* What agents have in common is read once: documents of no commands, policies of many agents.
* Everything that is remembered is bounded.

Provenance: ours; the documents are foundation.protocol's.
"""

from datetime import UTC, datetime
from typing import Final, TypeVar

from foundation.protocol.commands import Command, decode_commands
from foundation.protocol.names import APPSPROXY, POLICY_APPS, POLICY_TYPES
from foundation.protocol.policies import Compliance, read_compliance
from foundation.protocol.statuses import (
    AdapterStatus,
    Res,
    Status,
    encode_adapter_status,
    encode_registered_applications,
    encode_statuses,
)
from foundation.protocol.timestamps import DEFAULT_TTL_S, format_timestamp

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER_BYTES: Final = format_timestamp(_NEVER).encode()
KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")
_MOST_TEMPLATES: Final = 4_000
_MOST_POLICIES: Final = 64
_MOST_PIECES: Final = 2_000


class Papers:
    """What the agents of one process share."""

    def __init__(self) -> None:
        self._no_commands = b""
        self._statuses: dict[tuple[Res, tuple[tuple[str, str], ...]], bytes] = {}
        self._policies: dict[tuple[str, bytes], Compliance] = {}
        self._pieces: dict[str, bytes] = {}

    def commands(self, document: bytes, now: datetime) -> tuple[Command, ...]:
        """Read the answer to a poll.

        Raises:
            DomainError: It is no list of commands.
        """
        if document == self._no_commands:
            return ()
        commands = decode_commands(document, received_at=now)
        if not commands:
            self._no_commands = document
        return commands

    def compliance(self, app_id: str, document: bytes) -> Compliance:
        """Read which revision a policy is.

        Raises:
            PolicyRefusedError: It says none.
        """
        known = self._policies.get((app_id, document))
        if known is None:
            known = read_compliance(document)
            _keep(self._policies, (app_id, document), known, _MOST_POLICIES)
        return known

    def statuses(
        self, revisions: tuple[tuple[str, str], ...], now: datetime, res: Res = "Same"
    ) -> bytes:
        """Return the document that says which policies are in force.

        Args:
            revisions: Pairs of app and RevID; APPSPROXY has none and lists the apps.
            now: When they are in force.
            res: What is said of each.
        """
        template = self._statuses.get((res, revisions))
        if template is None:
            template = encode_statuses(
                Status(app_id, _NEVER, DEFAULT_TTL_S, _body(app_id, revision, res))
                for app_id, revision in revisions
            )
            _keep(self._statuses, (res, revisions), template, _MOST_TEMPLATES)
        return template.replace(_NEVER_BYTES, format_timestamp(now).encode())

    def piece(self, fragment_id: str) -> bytes | None:
        """Return a piece that some agent fetched, None when it is not held any more."""
        return self._pieces.get(fragment_id)

    def keep_piece(self, fragment_id: str, body: bytes) -> None:
        """Keep a piece for all."""
        _keep(self._pieces, fragment_id, body, _MOST_PIECES)


def _body(app_id: str, revision: str, res: Res) -> str:
    if app_id == APPSPROXY:
        return encode_registered_applications(POLICY_APPS)
    status = AdapterStatus(app_id, POLICY_TYPES.get(app_id, 0), res, revision)
    return encode_adapter_status(status)


def _keep(kept: dict[KeyT, ValueT], key: KeyT, value: ValueT, most: int) -> None:
    if len(kept) >= most:
        kept.clear()
    kept[key] = value
