"""What lint can say, and how serious it is.

* `error`: the grammar of a UTM line is broken. Only errors change the exit code, so that a
  genuine file is never accused.
* `warning`: probable damage on the way, or something a known consumer stumbles over.
* `note`: an id or key that no public source knows, an order that differs, advice.
* A finding has the name of its rule and the rule's code; both are stable.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]


class Said(NamedTuple):
    """What a rule says about a line; columns count from 1, 0 is the whole line."""

    name: str
    message: str
    hint: str = ""
    column: int = 0
    is_fixable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing lint has to say; line from 1, column from 1 (0: the whole line).

    `code` is the rule's name, such as `pasted`; `rule` its number, such as UL008.
    """

    severity: Severity
    code: str
    rule: str
    line: int
    column: int
    message: str
    hint: str = ""
    is_fixable: bool = False


@dataclass(frozen=True, slots=True)
class LintSummary:
    """How many lines were read and how many findings of each severity were told.

    `rules` counts lines by rule number, also those of findings that are told only once.
    """

    lines: int = 0
    errors: int = 0
    warnings: int = 0
    notes: int = 0
    rules: Mapping[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0, or 1 when there is an error."""
        return 1 if self.errors else 0
