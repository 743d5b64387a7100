"""What a replay counts: agreement, disagreements by rule with examples, lines left out.

- Memory is bounded, whatever the archive: at most `MOST_RULES` rules are told apart, what comes
  after that is counted together; each rule keeps its first `EXAMPLES` lines.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from utmlab.replay.comparison import Disagreement
from utmlab.replay.web_line import Skip, WebLine

MOST_RULES: Final = 1000
EXAMPLES: Final = 3
OTHER_RULES: Final = "other rules"
_LONGEST_URL: Final = 200


@dataclass(frozen=True, slots=True)
class Example:
    """A line that disagrees, and where it stands."""

    file: str
    line: int
    at: str
    user: str
    url: str
    logged: str
    evaluated: str


@dataclass(slots=True)
class RuleCount:
    """The lines that part from the policy at one rule."""

    count: int = 0
    examples: list[Example] = field(default_factory=list)


class Tally:
    """The counts of one replay."""

    def __init__(self) -> None:
        self.lines = 0
        self.agreed = 0
        self.other_action = 0
        self.other_exceptions = 0
        self.skipped: Counter[Skip] = Counter()
        self.rules: dict[str, RuleCount] = {}

    @property
    def compared(self) -> int:
        """How many lines were compared."""
        return self.agreed + self.other_action + self.other_exceptions

    @property
    def percent(self) -> float | None:
        """How many of the compared lines agree, of a hundred; None without any."""
        return 100 * self.agreed / self.compared if self.compared else None

    def by_count(self) -> list[tuple[str, RuleCount]]:
        """Return the rules, the most frequent first, then in alphabetical order."""
        return sorted(self.rules.items(), key=lambda one: (-one[1].count, one[0]))

    def disagree(self, file: str, number: int, line: WebLine, found: Disagreement) -> None:
        """Count a line that disagrees."""
        if found.is_of_action:
            self.other_action += 1
        else:
            self.other_exceptions += 1
        name = found.rule
        if name not in self.rules and len(self.rules) >= MOST_RULES:
            name = OTHER_RULES
        rule = self.rules.setdefault(name, RuleCount())
        rule.count += 1
        if len(rule.examples) < EXAMPLES:
            rule.examples.append(
                Example(
                    file=file,
                    line=number,
                    at=line.stamp.isoformat(),
                    user=line.user,
                    url=line.url[:_LONGEST_URL],
                    logged=found.logged,
                    evaluated=found.evaluated,
                )
            )
