"""The clock of a lab: the real one, or a virtual one that can be advanced.

- Virtual time goes on across starts: where it stood is stored after every advance and at the end.
- It is for one process and SQLite: other processes have clocks of their own.

Provenance: ours.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from foundation.durable.files import write_atomic
from foundation.errors import DomainError
from foundation.service import Now
from utmlab.clock import VirtualClock
from utmlab.settings import LabSettings

LONGEST_ADVANCE_S = 20 * 366 * 86_400.0
VERSION = 1


class ClockIsRealError(DomainError):
    """The lab lives by the real clock, which nobody can advance."""

    code: ClassVar[str] = "clock_is_real"
    hint: ClassVar[str] = "Start the lab with `utmlab up --clock virtual`."


class VirtualTimeNeedsTasksError(DomainError):
    """Virtual time was asked for together with what has clocks of its own."""

    code: ClassVar[str] = "virtual_time_needs_tasks"
    hint: ClassVar[str] = "Leave --processes, --workers and --database away: one process, SQLite."


class SpanTooLongError(DomainError):
    """The clock was to be advanced by more than twenty years, or by no time."""

    code: ClassVar[str] = "span_too_long"
    hint: ClassVar[str] = "Advance by more than 0 and at most 20 years at once."


class ClockFileDamagedError(DomainError):
    """Where virtual time stood cannot be read."""

    code: ClassVar[str] = "clock_file_damaged"
    hint: ClassVar[str] = "Remove the file; virtual time then begins at the present."


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """What a clock shows.

    Attributes:
        kind: `real` or `virtual`.
        now: The present of the lab.
        advancing_to: Where an advance that is under way ends.
    """

    kind: str
    now: datetime
    advancing_to: datetime | None = None

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON values."""
        to = self.advancing_to
        return {
            "kind": self.kind,
            "now": self.now.isoformat(),
            "advancing_to": to.isoformat() if to is not None else None,
        }


class LabClock:
    """The clock of one lab.

    Args:
        file: Where virtual time is stored.
        now: The present.
        virtual: What can be advanced; None for the real clock.
    """

    def __init__(self, file: Path, now: Now, virtual: VirtualClock | None = None) -> None:
        self._file = file
        self._now = now
        self._virtual = virtual

    def state(self) -> ClockState:
        """Return what it shows."""
        if self._virtual is None:
            return ClockState(kind="real", now=self._now())
        return ClockState(kind="virtual", now=self._now(), advancing_to=self._virtual.advancing_to)

    async def advance(self, seconds: float) -> ClockState:
        """Let a span pass: every timer in it runs; return when all of it has happened.

        Raises:
            ClockIsRealError: If the lab lives by the real clock.
            SpanTooLongError: If the span is none, or more than twenty years.
        """
        if self._virtual is None:
            raise ClockIsRealError("this lab lives by the real clock")
        if not 0 < seconds <= LONGEST_ADVANCE_S:
            raise SpanTooLongError(f"the clock is not advanced by {seconds:g} s")
        await self._virtual.advance(seconds)
        self.store()
        return self.state()

    def store(self) -> None:
        """Write down where virtual time stands, for the next start."""
        if self._virtual is not None:
            content = {"version": VERSION, "now": self._now().isoformat()}
            write_atomic(self._file, json.dumps(content).encode())


def check_virtual(settings: LabSettings) -> None:
    """Check that a lab with these settings can live in virtual time.

    Raises:
        VirtualTimeNeedsTasksError: If it cannot.
    """
    if settings.mode != "tasks":
        raise VirtualTimeNeedsTasksError("processes have clocks of their own")
    if settings.workers or settings.database:
        raise VirtualTimeNeedsTasksError("workers and PostgreSQL have clocks of their own")


def virtual_start(file: Path, now: datetime) -> datetime:
    """Return where virtual time begins: where it stood, but never before the present.

    Raises:
        ClockFileDamagedError: If what was stored cannot be read.
    """
    try:
        stored = datetime.fromisoformat(json.loads(file.read_text())["now"])
    except FileNotFoundError:
        return now
    except (ValueError, KeyError, TypeError) as error:
        raise ClockFileDamagedError(f"{file} cannot be read: {error!r}") from error
    if stored.tzinfo is None:
        raise ClockFileDamagedError(f"{file} holds an instant without a time zone")
    return max(stored, now)
