"""Filebeat's older sophos module (public: its header list and device parser, restated).

* A `<PRI>` up to 191 comes off; headers are dissects, tried in their order. A dissect looks for
  its delimiters anywhere, so that a wrong one can match with text of its own making.
* The payload is taken apart for the processes below only. A word without `=` is passed over.
"""

import re
from dataclasses import dataclass
from typing import Final

from utmlab.logtools.consumers.outcome import Outcome, Value, header_only, nothing
from utmlab.logtools.consumers.steps import pairs

MAPPED: Final = frozenset(
    {
        *("Sophos_Firewall", "URID", "afcd", "astarosg_TVM", "aua", "barnyard", "confd"),
        *("confd-sync", "exim", "frox", "httpd", "httpproxy", "ipsec_starter", "named", "pluto"),
        *("pop3proxy", "reverseproxy", "smtpd", "sockd", "sshd", "ulogd", "xl2tpd"),
    }
)
HEADERS: Final = (
    ("hfld1", " ", "hostname", " ", "messageid", "[", "pid", "]: ", "payload"),
    ("hfld1", " ", "messageid", "[", "pid", "]: ", "payload"),
    ("hfld1", " ", "hostname", " reverseproxy: ", "payload"),
    ("hfld1", " ", "hostname", " ", "messageid", ": ", "payload"),
)
"""Names and delimiters in turn."""
CATEGORIES: Final = {
    "http access": "web",
    "web request blocked": "web",
    "web request blocked, forbidden application detected": "web",
    "web request blocked, forbidden category detected": "web",
    "web request blocked, forbidden file extension detected": "web",
    "web request blocked, forbidden url detected": "web",
    "web request warned, forbidden category detected": "web",
    "Contentfilter warned and proceeded": "web",
    "File extension warned and proceeded": "web",
}
_PRIORITY: Final = re.compile(r"<(\d{1,3})>")
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class _Dissected:
    values: dict[str, str]
    payload_at: int


def read(text: str) -> Outcome:
    """Return the fields of one event."""
    priority = _PRIORITY.match(text)
    start = priority.end() if priority is not None and int(priority[1]) <= 191 else 0
    dissected = next(filter(None, (_dissect(text, start, header) for header in HEADERS)), None)
    if dissected is None:
        return nothing(start + 1, "no header fits: wants `date host process[pid]: `")
    values, payload_at = dissected.values, dissected.payload_at
    code = values.get("messageid", "reverseproxy")
    fields: dict[str, Value] = {"event.code": code, "log.hfld1": values["hfld1"]}
    fields |= {"host.name": values["hostname"]} if "hostname" in values else {}
    fields |= {"process.pid": values["pid"]} if "pid" in values else {}
    if code not in MAPPED:
        swallowed = "" if _WORD.fullmatch(code) else " (host and process were taken for one word)"
        return header_only(fields, payload_at + 1, f"event code {code!r} is not mapped{swallowed}")
    found = pairs(text, payload_at)
    if not found:
        return header_only(fields, payload_at + 1, 'the payload holds no key="value"')
    category = CATEGORIES.get(found.get("name", ""))
    fields |= {"event.category": category} if category else {}
    return Outcome(reach="message", fields={**fields, **_payload(found)})


def _payload(found: dict[str, str]) -> dict[str, Value]:
    return {f"rsa.{key}": value for key, value in found.items()}


def _dissect(text: str, start: int, header: tuple[str, ...]) -> _Dissected | None:
    values: dict[str, str] = {}
    position = start
    for name, delimiter in zip(header[::2], (*header[1::2], ""), strict=True):
        end = text.find(delimiter, position) if delimiter else len(text)
        if end <= position:
            return None
        if not delimiter:
            break
        values[name] = text[position:end]
        position = end + len(delimiter)
        if delimiter == " ":  # `->` pads: further blanks are passed over
            position = _past_blanks(text, position)
    return _Dissected(values, position)


def _past_blanks(text: str, position: int) -> int:
    while text.startswith(" ", position):
        position += 1
    return position
