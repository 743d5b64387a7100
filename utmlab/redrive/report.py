"""What a re-drive found: per request the same, different, or not sent and why.

Provenance: ours.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from utmlab.journal import printable

if TYPE_CHECKING:
    from utmlab.redrive.comparing import Difference


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the recording.

    Attributes:
        number: Its place in the recording, from 1.
        request: Method and path as recorded.
        differences: What was not as recorded.
        not_sent: Why it was not sent, else empty.
    """

    number: int
    request: str
    differences: tuple[Difference, ...] = ()
    not_sent: str = ""

    def line(self) -> str:
        """Return the step as text, a line for each difference."""
        if self.not_sent:
            return printable(f"NOT SENT  {self.number:4}  {self.request}: {self.not_sent}")
        if not self.differences:
            return printable(f"SAME      {self.number:4}  {self.request}")
        told = (
            f"DIFFERS   {self.number:4}  {self.request}: {one.what}: "
            f"recorded {one.recorded!r}, now {one.now!r}"
            for one in self.differences
        )
        return printable("\n".join(told))


@dataclass(frozen=True, slots=True)
class RedriveReport:
    """All steps of a re-drive."""

    steps: tuple[Step, ...]

    @property
    def differing(self) -> tuple[Step, ...]:
        """The steps that were not answered as recorded."""
        return tuple(one for one in self.steps if one.differences)

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return sum(not one.not_sent for one in self.steps)

    def sums(self) -> str:
        """Return the sums in one line."""
        unsent = len(self.steps) - self.sent
        return f"{self.sent} requests sent, {len(self.differing)} differ, {unsent} not sent"

    def as_record(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "sent": self.sent,
            "differing": len(self.differing),
            "not_sent": len(self.steps) - self.sent,
            "steps": [
                {
                    "number": one.number,
                    "request": one.request,
                    "differences": [asdict(each) for each in one.differences],
                    "not_sent": one.not_sent,
                }
                for one in self.steps
            ],
        }
