"""Which lines of an archive are meant: a span of time, one profile.

- An archive mixes groups with policies of their own, and times before and after a change; only
  lines that the policy was in force for say how true it is.
- Times are the UTM's local ones, as stamps are; `until` itself is outside.
- A profile is meant by its reference or its name, whichever the line carries.
"""

import functools
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from utmlab.replay.web_line import WebLine

_NAMED: Final = re.compile(r"(REF_\S+) \((.*)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is compared; nothing set means every line."""

    since: datetime | None = None
    until: datetime | None = None
    profile: str = ""

    def covers(self, line: WebLine) -> bool:
        """Tell whether a line is meant."""
        if self.since is not None and line.stamp < self.since:
            return False
        if self.until is not None and line.stamp >= self.until:
            return False
        return not self.profile or self.profile in names_in(line.profile)


@functools.lru_cache(maxsize=1024)
def names_in(logged: str) -> tuple[str, ...]:
    """Return reference and name of `REF_X (name)` (9.2, 9.3), or the one word that is there."""
    found = _NAMED.fullmatch(logged)
    return (found[1], found[2]) if found else (logged,)
