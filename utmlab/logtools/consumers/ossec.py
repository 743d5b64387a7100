"""OSSEC 3.6 and later: the pre-decoder (public: cleanevent.c, restated).

* The UTM's stamp is 20 bytes with its space, then host and program; an RFC 3164 header is taken as
  well, and then `2018:` is the program.
* The listener takes a `<PRI>` off first (recalled).
* Wazuh 4 has the same pre-decoder and no decoder for UTM lines; Wazuh 5 checks one expression.
"""

import re
from typing import Final

from utmlab.logtools.consumers.outcome import Outcome, Value, header_only, nothing
from utmlab.logtools.consumers.steps import step, walk

WAZUH_5: Final = re.compile(r"^\d{4}:\d{1,2}:\d{1,2}-\d{2}:\d{2}:\d{2}\s\S+.*?:\s", re.ASCII)
_PRIORITY: Final = re.compile(r"<\d{1,3}>", re.ASCII)
_UTM: Final = (
    step("the UTM's stamp and a space", r"(?P<timestamp>\d{4}:\d\d:\d\d-\d\d:\d\d:\d\d) "),
    step("a host", r"(?P<hostname>\S++) "),
    step("a program and `: `", r"(?P<program_name>[^\s\[:]++)(?:\[\d++\])?: "),
)
_RFC_3164: Final = (
    step("`Mmm dd hh:mm:ss `", r"(?P<timestamp>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) "),
    step("a host", r"(?P<hostname>\S++) "),
    step("a program and `: `", r"(?P<program_name>[^\s\[:]++)(?:\[\d++\])?: "),
)


def read(text: str) -> Outcome:
    """Return the fields of one event."""
    priority = _PRIORITY.match(text)
    start = 0 if priority is None else priority.end()
    walked = walk(text, _UTM, start)
    if walked.stop is None:
        fields: dict[str, Value] = {**walked.groups, "log": text[walked.end :]}
        wazuh = "matches" if WAZUH_5.match(text) else "does not match"
        note = f"Wazuh 4 has no decoder for it; the check of Wazuh 5 {wazuh}"
        return Outcome(reach="message", fields=fields, notes=(note,))
    stored = walk(text, _RFC_3164, start)
    if stored.stop is None:
        program = stored.groups["program_name"]
        reason = f"takes {program!r} for the program and has no decoder for what follows"
        return header_only(dict(stored.groups), stored.end + 1, reason)
    return nothing(walked.stop.column, walked.stop.reason)
