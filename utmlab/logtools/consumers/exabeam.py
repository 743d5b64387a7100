"""Exabeam's parsers for the UTM's web proxy (public: restated).

* A parser is chosen by substrings: the name, and ` fullreqtime="`. Lines that warn or tell of going
  on match none.
* A URL must have a scheme, a domain and a slash.
"""

import re
from typing import Final

from utmlab.logtools.consumers.outcome import Outcome, Value, header_only, nothing
from utmlab.logtools.consumers.steps import PAIR

CONDITIONS: Final = (' name="http access"', ' name="web request blocked')
ALSO: Final = ' fullreqtime="'
_NAME: Final = ' name="'
_TIME_AND_HOST: Final = re.compile(r"(\d{4}:\d\d:\d\d-\d\d:\d\d:\d\d)\s++([\w\-.]++)", re.ASCII)
_URL: Final = re.compile(r"\w++://[^/]++/")


def read(text: str) -> Outcome:
    """Return the fields of one event."""
    if not any(condition in text for condition in CONDITIONS):
        place = text.find(_NAME)
        column = len(text) + 1 if place < 0 else place + len(_NAME) + 1
        return nothing(column, "wants the name `http access` or `web request blocked...`")
    if ALSO not in text:
        return nothing(len(text) + 1, f"wants `{ALSO}` anywhere")
    head = _TIME_AND_HOST.search(text)
    if head is None:
        return nothing(1, "wants YYYY:MM:DD-HH:MM:SS and a host")
    fields: dict[str, Value] = {"time": head[1], "host": head[2]}
    for match in PAIR.finditer(text):
        if match[1] == "url" and _URL.match(match[2]) is None:
            return header_only(fields, match.start(2) + 1, "wants a URL with scheme://domain/")
        if match[2]:
            fields.setdefault(match[1], match[2])
    return Outcome(reach="message", fields=fields)
