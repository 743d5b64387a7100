"""A recording: exchanges of MCS in one file, a line of JSON each behind a line that says so.

- What is secret was redacted before the journal kept it, so the file holds no credentials.
- Calls are told apart by their path behind the base path, which is found and not configured.

Provenance: ours.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from foundation.durable.files import write_secret
from foundation.errors import DomainError
from foundation.net.journal import Exchange, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

VERSION = 1
HEAD = json.dumps({"utmlab_recording": VERSION}).encode()
_CALL = re.compile(
    r"(?P<base>.*?)(?P<call>/(?:register|commands/|policy/|statuses/|events/|authenticate/|flags/"
    r"|install/|v2/).*|/register)",
)


class RecordingUnreadableError(DomainError):
    """A file is no recording that this version can read."""

    code: ClassVar[str] = "recording_unreadable"
    hint: ClassVar[str] = "Make one with `utmlab journal record FILE`."


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded of one server, oldest first.

    Attributes:
        base: Its base path.
        exchanges: Those below the base path; the calls of other services are left out.
    """

    base: str
    exchanges: tuple[Exchange, ...]

    @classmethod
    def of(cls, exchanges: Iterable[Exchange]) -> Recording:
        """Find the base path and keep what belongs to MCS."""
        kept = [one for one in exchanges if not one.path.startswith("/link/")]
        bases = (match["base"] for one in kept if (match := _CALL.fullmatch(one.path)))
        base = next(bases, "")
        return cls(base, tuple(one for one in kept if _is_call(one.path, base)))

    def call(self, exchange: Exchange) -> str:
        """Return the path of an exchange behind the base path."""
        return exchange.path.removeprefix(self.base).removesuffix("/")


def is_mcs(exchange: Exchange) -> bool:
    """Whether an exchange may belong to MCS, whatever the base path."""
    return not exchange.path.startswith(("/link/", "/software/"))


def write_recording(path: Path, exchanges: Iterable[Exchange]) -> int:
    """Write a recording, readable by its owner only; return how many exchanges it holds."""
    lines = [encode(one) for one in exchanges if is_mcs(one)]
    write_secret(path.absolute(), b"\n".join([HEAD, *lines]) + b"\n")
    return len(lines)


def read_recording(path: Path) -> Recording:
    """Read a recording.

    Raises:
        RecordingUnreadableError: If it is none.
    """
    head, *lines = path.read_bytes().split(b"\n")
    try:
        if json.loads(head).get("utmlab_recording") != VERSION:
            raise RecordingUnreadableError(f"{path} is of another version")
        # The last line may be half written: a recording that goes on is cut anywhere.
        return Recording.of([decode(line) for line in lines[:-1]])
    except (ValueError, AttributeError) as error:
        raise RecordingUnreadableError(f"{path} is no recording: {error}") from error


def _is_call(path: str, base: str) -> bool:
    if path.rstrip("/") == base:
        return True
    match = _CALL.fullmatch(path)
    return match is not None and match["base"] == base
