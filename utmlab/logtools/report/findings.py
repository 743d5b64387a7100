"""What was found, by rule: how often, and the first places.

* Bounds: `MOST_PLACES` places for a rule. Rules are lint's and the report's own, so there are as
  many as the tables have.
"""

from dataclasses import dataclass, field
from typing import Final

from utmlab.logtools.report.heads import Place
from utmlab.logtools.rules import BY_NAME

MOST_PLACES: Final = 20
OWN: Final = {
    "report:needs_decoder": "The UTM's own stamp needs a decoder that knows it",
    "report:clock_jump": "The clock jumped between two lines of a log",
    "report:not_routed": "Lines of epsecd and eplog are not routed by most consumers",
    "report:several_profiles": "A client meets several profiles",
    "report:no_report": "No report (4211) followed a changeset",
    "report:no_acknowledgement": "A report was received and not acknowledged (4212)",
    "report:refused": "LiveConnect refused a changeset",
    "report:nothing_reports": "Changesets were sent, and no report came at all",
    "report:syslog_loop": "Remote syslog is connected to this host itself",
    "report:too_large": "The log is larger than WebAdmin shows",
    "report:archived_only": "A day is there as an archive only",
}
"""Titles of the rules that only a report has."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding at its place; the message may hold words of the log."""

    place: Place
    message: str
    hint: str


@dataclass(slots=True)
class Found:
    """All findings of one rule."""

    rule: str
    count: int = 0
    told: list[Told] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What the rule is about, without a word of any log."""
        return OWN.get(self.rule) or BY_NAME[self.rule].title


class Findings:
    """Collects findings by rule."""

    def __init__(self) -> None:
        self._found: dict[str, Found] = {}

    def tell(self, rule: str, place: Place, message: str = "", hint: str = "") -> None:
        """Keep a finding's place, when it is one of the first."""
        found = self._of(rule)
        if len(found.told) < MOST_PLACES:
            found.told.append(Told(place, message or found.title, hint))

    def count(self, rule: str, times: int = 1) -> None:
        """Count findings."""
        self._of(rule).count += times

    def add(self, rule: str, place: Place, message: str = "", hint: str = "") -> None:
        """Count a finding and keep its place."""
        self.count(rule)
        self.tell(rule, place, message, hint)

    def of(self, rule: str) -> Found | None:
        """Return the findings of a rule, if there are any."""
        return self._found.get(rule)

    def all(self) -> list[Found]:
        """Return all of them by rule."""
        return [self._found[rule] for rule in sorted(self._found)]

    def _of(self, rule: str) -> Found:
        return self._found.setdefault(rule, Found(rule))
