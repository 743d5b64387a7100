"""The ordered account of an evaluation: every rule that was tried, and why it did what it did."""

from foundation.webfilter.verdict import Step

MATCH = "match"
NO_MATCH = "no match"
SKIPPED = "skipped"


class TraceBook:
    """Steps in the order in which they were taken, numbered from 1."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def matched(self, rule: str, ref: str, why: str) -> None:
        """Note a rule that matched."""
        self._note(rule, ref, MATCH, why)

    def missed(self, rule: str, ref: str, why: str) -> None:
        """Note a rule that did not match."""
        self._note(rule, ref, NO_MATCH, why)

    def skipped(self, rule: str, ref: str, why: str) -> None:
        """Note a rule that was not tried, since something forbade it."""
        self._note(rule, ref, SKIPPED, why)

    def tried(self, rule: str, ref: str, *, is_match: bool, why: str) -> bool:
        """Note a rule by its result, and return the result."""
        self._note(rule, ref, MATCH if is_match else NO_MATCH, why)
        return is_match

    def steps(self) -> tuple[Step, ...]:
        """Return what was noted so far."""
        return tuple(self._steps)

    def _note(self, rule: str, ref: str, outcome: str, why: str) -> None:
        self._steps.append(Step(len(self._steps) + 1, rule, ref, outcome, why))
