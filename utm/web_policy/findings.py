"""What the linter says: a stable code, the object it is about, one sentence."""

from dataclasses import dataclass
from typing import Final

from utm.confd.objects import Object

CODES: Final = {
    "inconsistent_mapping": "an endpoint group is decided by the base policy's filter action",
    "profile_never_reached": "a profile is on for endpoint groups that other profiles decide for",
    "never_matches": "a rule can match no request",
    "policy_shadowed": "an earlier policy of the profile applies to everybody it could apply to",
    "inactive_pattern": "RE2 refuses the pattern, so that it matches nothing",
    "unanchored_pattern": "the pattern is found anywhere in a URL, also in a query",
    "wide_pattern": "the pattern's host part reaches into path and query",
    "open_ended_pattern": "the host in the pattern has no end, so that longer hosts match too",
    "path_in_https": "the pattern wants a path of an HTTPS URL, which nobody sees",
}
"""The linter's own codes; a warning of the compiler keeps the compiler's code."""


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing that is probably not meant.

    Attributes:
        code: Stable, for scripts.
        ref: The object.
        name: Its name.
        sentence: What is wrong with it, and what to do where that is known.
        group: The endpoint group that it was found for; empty when it concerns them all.
    """

    code: str
    ref: str
    name: str
    sentence: str
    group: str = ""

    def __str__(self) -> str:
        return f"{self.ref} ({self.name}): {self.code}: {self.sentence}"


def finding(code: str, of: Object, sentence: str, *, group: str = "") -> LintFinding:
    """Return a finding about an object."""
    return LintFinding(code, of.ref, of.name, sentence, group)
