"""What differs between a recorded answer and the answer of now.

- Compared are the status, the headers that clients act on, and the body of a 200.
- Bodies are compared as documents: white space, times, serial numbers and the servers' own names
  make no difference; documents inside documents are compared likewise.

Provenance: which headers matter is documented (mcs-protocol 1.2, 1.6); the rest is ours.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING

from foundation.redact import REDACTED
from utmlab.decoding import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_TOLD = 200
HEADERS = ("Content-Type", "WWW-Authenticate", "Retry-After", "x-sophos-capabilities")
_ALWAYS = frozenset({"www-authenticate", "retry-after"})
_TIMES = re.compile(
    r"(?<=<creationTime>)[^<]*|(?<=<seq>)[^<]*|(?<=creationTime=\")[^\"]*|(?<=timestamp=\")[^\"]*"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as recorded: `status`, `header NAME` or `body`."""

    what: str
    recorded: str
    now: str


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: status, headers by their names, and the body as text without secrets."""

    status: int
    headers: Mapping[str, str]
    body: str


def differences(recorded: Said, now: Said) -> Iterator[Difference]:
    """Yield what differs; `now` is in the names of the recording already."""
    if recorded.status != now.status:
        yield Difference("status", str(recorded.status), str(now.status))
        return
    yield from _headers(recorded.headers, now.headers)
    if recorded.status != 200 or recorded.body == REDACTED:  # a refusal's words are free
        return
    then, this = comparable(recorded.body), comparable(now.body)
    if then != this:
        yield Difference("body", *_parts(then, this))


def comparable(body: str) -> str:
    """Return a body in the form in which it is compared."""
    try:
        value = json.loads(body)
    except ValueError:
        return _TIMES.sub("", decoded(body) or body.strip())
    return json.dumps(value, indent=2, sort_keys=True)


def _headers(recorded: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    then = {name.lower(): value for name, value in recorded.items()}
    this = {name.lower(): value for name, value in now.items()}
    for header in HEADERS:
        name = header.lower()
        if name not in then and name not in _ALWAYS:
            continue  # the hook sees an answer before the server adds its defaults
        values = then.get(name, ""), this.get(name, "")
        if name == "content-type":
            values = values[0].replace(" ", "").lower(), values[1].replace(" ", "").lower()
        if values[0] != values[1]:
            yield Difference(f"header {header}", *values)


def _parts(then: str, this: str) -> tuple[str, str]:
    """Return the lines that only one of two texts has, cut to what a person reads."""
    changed = [
        line
        for line in unified_diff(then.splitlines(), this.splitlines(), lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    only = {
        sign: " / ".join(line[1:].strip() for line in changed if line[0] == sign) for sign in "-+"
    }
    return only["-"][:LONGEST_TOLD], only["+"][:LONGEST_TOLD]
