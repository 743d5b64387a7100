"""Which name of the recording stands for which of the server that is driven now.

- Endpoints, devices and tenants are paired when they register and authenticate; commands and
  policies when both servers hand them out at the same poll.
- A command has a counterpart if one to the same app assigns policies to the same apps, or says the
  same. A name without a counterpart is never sent.

Provenance: ours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from foundation.errors import DomainError
from foundation.protocol.commands import (
    Command,
    PolicyAssignment,
    PolicyFragments,
    decode_commands,
    read_apps_proxy_body,
)
from foundation.protocol.names import APPSPROXY

if TYPE_CHECKING:
    from datetime import datetime

_ID = re.compile(r"(?<=<id>)[^<]*(?=</id>)")
_PARTY = re.compile(r"<(deviceId|tenantId)>([^<]+)</")
SHORTEST_IN_TEXT = 8
"""Shorter names are replaced in a path only: in a text they could be anything."""


class Names:
    """Pairs of names, of the recording and of now."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}
        self._commands: dict[str, str] = {}

    def pair(self, recorded: str, now: str) -> None:
        """Take two names for the same thing."""
        if recorded and now:
            self._now[recorded] = now

    def segment(self, recorded: str) -> str | None:
        """Return what a part of a path is called now, None for a name without a counterpart."""
        return self._now.get(recorded)

    def command(self, recorded: str) -> str | None:
        """Return what a command is called now."""
        return self._commands.get(recorded)

    def in_text(self, text: str) -> str:
        """Return a text of the recording with the names of now."""
        return _replaced(text, self._now)

    def as_recorded(self, text: str) -> str:
        """Return a text of now with the names of the recording."""
        return _replaced(text, {now: recorded for recorded, now in self._now.items()})

    def commands_as_recorded(self, text: str) -> str:
        """Return a list of commands of now with the ids of the recording."""
        recorded = {now: then for then, now in self._commands.items()}
        return _ID.sub(lambda found: recorded.get(found[0], found[0]), text)

    def pair_parties(self, recorded: str, now: str) -> None:
        """Pair what two MCS policies call device and tenant, known before there is a token."""
        then = {found[1]: found[2] for found in _PARTY.finditer(recorded)}
        for found in _PARTY.finditer(now):
            self.pair(then.get(found[1], ""), found[2])

    def learn(self, recorded: bytes, now: bytes, received_at: datetime) -> None:
        """Pair what two answers to the same poll hand out; what is no list pairs nothing."""
        try:
            then = decode_commands(recorded, received_at=received_at)
            these = list(decode_commands(now, received_at=received_at))
        except DomainError:
            return
        for command in then:
            wanted = _meaning(command)
            found = next((one for one in these if _meaning(one) == wanted), None)
            if found is not None:
                these.remove(found)
                self._commands[command.id] = found.id
                self._pair_policies(command, found)

    def _pair_policies(self, recorded: Command, now: Command) -> None:
        for then, this in zip(_assigned(recorded), _assigned(now), strict=True):
            if isinstance(then, PolicyAssignment) and isinstance(this, PolicyAssignment):
                self.pair(then.policy_id, this.policy_id)
            elif isinstance(then, PolicyFragments) and isinstance(this, PolicyFragments):
                for (_, piece), (_, piece_now) in zip(then.fragments, this.fragments, strict=False):
                    self.pair(piece, piece_now)


def _meaning(command: Command) -> tuple[object, ...]:
    """Return what two commands must have in common to be each other's counterpart."""
    policies = _assigned(command)
    if policies:
        return (APPSPROXY, *((type(one).__name__, one.app_id) for one in policies))
    return (command.app_id, command.body)


def _assigned(command: Command) -> list[PolicyAssignment | PolicyFragments]:
    if command.app_id != APPSPROXY:
        return []
    try:
        return sorted(read_apps_proxy_body(command.body), key=lambda one: one.app_id)
    except DomainError:
        return []


def _replaced(text: str, names: dict[str, str]) -> str:
    usable = [name for name, other in names.items() if len(name) >= SHORTEST_IN_TEXT and other]
    if not usable:
        return text
    longest_first = sorted(usable, key=len, reverse=True)
    pattern = "|".join(re.escape(name) for name in longest_first)
    return re.sub(pattern, lambda found: names[found[0]], text)
