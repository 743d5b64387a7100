"""Twibow's Logstash patterns for UTM 9.6 behind rsyslog (public: restated).

* The header is what rsyslog leaves of the stamp, and `: id=` with a number right behind the
  process: a level letter in between does not match.
* The web filter's pattern wants its keys in exactly the order of 9.6, up to the URL; behind it
  each key may be missing, but not stand elsewhere.
"""

import re
from typing import Final

from utmlab.logtools.consumers.outcome import Outcome, Value, header_only, nothing
from utmlab.logtools.consumers.steps import step, walk

REQUIRED: Final = (
    *("name", "action", "method", "srcip", "dstip", "user", "group", "ad_domain", "statuscode"),
    *("cached", "profile", "filteraction", "size", "request", "url"),
)
OPTIONAL: Final = (
    *("referer", "error", "authtime", "dnstime", "aptptime", "cattime", "avscantime"),
    *("fullreqtime", "device", "auth", "ua", "exceptions", "application", "app-id", "category"),
    *("reputation", "categoryname", "sandbox"),
)
_STAMP: Final = re.compile(r"\d\d:\d\d-\d\d:\d\d:\d\d ", re.ASCII)
_HEADER: Final = (
    step("MM:DD-HH:MM:SS and a space", r"(?P<stamp>\d\d:\d\d-\d\d:\d\d:\d\d) "),
    step("a host", r"(?P<host>\S++) "),
    step("a process and `: `", r"(?P<program>[^\s\[:]++)(?:\[(?P<pid>\d++)\])?: "),
    step('`id="` and a number', r'id="(?P<id>\d++)"'),
    step('`severity="`', r' severity="(?P<severity>\w++)"'),
    step('`sys="`', r' sys="(?P<sys>[^"]*+)"'),
    step('`sub="`', r' sub="(?P<sub>[^"]*+)"'),
)
_REQUIRED: Final = tuple(
    step(f'`{key}="` next', rf' {key}="(?P<{key}>[^"]*+)"') for key in REQUIRED
)
_OPTIONAL: Final = tuple((key, re.compile(rf' {key}="([^"]*+)"')) for key in OPTIONAL)


def read(text: str) -> Outcome:
    """Return the fields of one event."""
    stamp = _STAMP.search(text)
    if stamp is None:
        return nothing(1, "wants MM:DD-HH:MM:SS anywhere")
    header = walk(text, _HEADER, stamp.start())
    if header.stop is not None:
        return nothing(header.stop.column, header.stop.reason)
    fields: dict[str, Value] = dict(header.groups)
    if fields.get("sub") != "http":
        return header_only(fields, header.end + 1, "only lines of the web filter are restated here")
    required = walk(text, _REQUIRED, header.end)
    if required.stop is not None:
        return header_only(fields, required.stop.column, required.stop.reason)
    fields |= required.groups
    position = required.end
    for key, pattern in _OPTIONAL:
        found = pattern.match(text, position)
        if found is not None:
            fields[key] = found[1]
            position = found.end()
    rest = text[position : position + 40].strip()
    notes = (f"not taken, from column {position + 1}: {rest!r}",) if rest else ()
    return Outcome(reach="message", fields=fields, notes=notes)
