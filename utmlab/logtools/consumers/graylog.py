"""Graylog with the extractors that a user published for the raw input (public: restated).

Extractors are independent: each takes its part or nothing. They count words from the beginning, so
that another header in front gives wrong parts without any complaint.
"""

import re
from typing import Final

from utmlab.logtools.consumers.outcome import Outcome, Value, header_only, nothing

EXTRACTORS: Final = {
    "timestamp": re.compile(r"^<\d+>([0-9:-]{19})"),
    "priority": re.compile(r"^<(\d+)>"),
    "source": re.compile(r"^[^ ]+ ([^ ]+)"),
    "process": re.compile(r"^[^ ]+ [^ ]+ ([^:\[ ]+)"),
    "pid": re.compile(r"^[^ ]+ [^ ]+ [^\[]+\[([^\]]+)\]"),
    "message": re.compile(r"^[^ ]+ [^ ]+ [^:]+: *(.*)"),
}
_NUMBER: Final = re.compile(r"\d+")


def read(text: str) -> Outcome:
    """Return the fields of one message."""
    fields: dict[str, Value] = {}
    for name, pattern in EXTRACTORS.items():
        found = pattern.match(text)
        if found is not None:
            fields[name] = found[1]
    if "priority" not in fields:
        return nothing(1, "the raw input wants <PRI> first")
    if "timestamp" not in fields:
        column = text.index(">") + 2
        return header_only(fields, column, "wants 19 digits, `:` and `-` of the UTM's stamp")
    if "message" not in fields:
        return header_only(fields, len(text) + 1, "wants host, process and `: `")
    pid = str(fields.get("pid", ""))
    notes = (
        () if not pid or _NUMBER.fullmatch(pid) else (f"pid is text of the message: {pid[:30]!r}",)
    )
    return Outcome(reach="message", fields=fields, notes=notes)
