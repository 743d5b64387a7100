"""What lint can say, and how serious it is.

* `error`: the grammar of a UTM line is broken. Only errors change the exit code, so that a
  genuine file is never accused.
* `warning`: probable damage on the way, or something a known consumer stumbles over.
* `note`: an id or key that no public source knows, or an order that differs from 9.7.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing lint has to say; line from 1, column from 1 (0: the whole line)."""

    severity: Severity
    code: str
    line: int
    column: int
    message: str
    hint: str = ""
    is_fixable: bool = False


@dataclass(frozen=True, slots=True)
class LintSummary:
    """How many lines were read and how many findings of each severity there are."""

    lines: int = 0
    errors: int = 0
    warnings: int = 0
    notes: int = 0

    @property
    def exit_code(self) -> int:
        """0, or 1 when there is an error."""
        return 1 if self.errors else 0
