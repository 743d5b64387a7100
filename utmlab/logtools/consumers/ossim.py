"""OSSIM's two plugins for the UTM, on what rsyslog stored (public: restated).

* The header is that of the rewritten line: the receiver's, then `YYYY: MM:DD-HH:MM:SS`.
* One plugin has patterns that rely on the order of keys, for packet filter and logins among others;
  the other one translates the name of the event by a table.
"""

from typing import Final

from utmlab.logtools.consumers.outcome import Outcome, Value, header_only, nothing
from utmlab.logtools.consumers.steps import PAIR, Step, step, walk

ORDERS: Final = {
    "packetfilter": ("name", "action", "srcip", "dstip", "proto", "srcport", "dstport"),
    "auth": ("name", "srcip", "host", "user", "caller"),
}
"""Keys of the patterns by `sub`, in their order; others may stand between (inferred)."""
TRANSLATED: Final = frozenset(
    {
        "http access",
        "web request blocked, forbidden category detected",
        "object changed",
    }
)
"""Names of the table that are restated here."""
_HEADER: Final = (
    step(
        "the receiver's `Mmm dd hh:mm:ss`", r"(?P<received>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) "
    ),
    step("the receiver's name for the sender", r"(?P<sensor>\S++) "),
    step("`YYYY: ` with a space", r"(?P<year>\d{4}): "),
    step("MM:DD-HH:MM:SS", r"(?P<stamp>\d\d:\d\d-\d\d:\d\d:\d\d) "),
    step("a host", r"(?P<host>\S++) "),
    step("a process and `: `", r"(?P<process>[^\s\[:]++)(?:\[(?P<pid>\d++)\])?: "),
)


def read(text: str) -> Outcome:
    """Return the fields of one event."""
    header = walk(text, _HEADER)
    if header.stop is not None:
        return nothing(header.stop.column, header.stop.reason)
    fields: dict[str, Value] = dict(header.groups)
    found = {match[1]: match for match in PAIR.finditer(text, header.end)}
    sub = found["sub"][2] if "sub" in found else ""
    if sub in ORDERS:
        ordered = walk(text, _in_order(ORDERS[sub]), header.end)
        if ordered.stop is not None:
            return header_only(fields, ordered.stop.column, ordered.stop.reason)
        return Outcome(reach="message", fields={**fields, **ordered.groups})
    if "name" not in found:
        return header_only(fields, header.end + 1, "wants a name")
    if found["name"][2] not in TRANSLATED:
        column = found["name"].start(2) + 1
        return header_only(fields, column, "this name is not in the table")
    return Outcome(reach="message", fields={**fields, "event": found["name"][2]})


def _in_order(keys: tuple[str, ...]) -> tuple[Step, ...]:
    between = r'(?:(?: |[A-Z] )?(?!{key}=")[a-z0-9_-]++="[^"]*+")*+'
    return tuple(
        step(
            f'`{key}="` behind the keys before',
            between.replace("{key}", key) + rf' ?{key}="(?P<{key}>[^"]*+)"',
        )
        for key in keys
    )
