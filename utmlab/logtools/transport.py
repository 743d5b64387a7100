r"""What a transport put around a UTM's line, taken off again.

* `disk`: the line as the UTM writes it. `pri`: `<30>` in front of it, as its remote syslog sends
  it. `octet`: the length in front of that, as TCP with octet counting sends it.
* `mangled`: an RFC 3164 receiver took the year for a tag and put its own header in front:
  `Nov 20 23:38:06 box 2018: 07:26-17:57:33 filter ...` (public; rsyslog stores the space).
* `relayed`: a receiver's header stands in front of the whole line, with or without its `<PRI>`;
  the header is RFC 3164, RFC 3339 or RFC 5424.
* `unwrap` gives back the line as it was on the UTM's disk, byte for byte, in every case; a text
  that has none of these forms comes back as it is.
* Every expression is linear in the length of the text: what repeats is bounded or possessive.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

Transport = Literal["disk", "pri", "octet", "mangled", "relayed"]
TRANSPORTS: Final[tuple[Transport, ...]] = ("disk", "pri", "octet", "mangled", "relayed")
LARGEST_PRIORITY: Final = 191
YEAR_LENGTH: Final = len("2018:")
RECEIVED: Final = "Nov 20 23:38:06 localhost"
"""A receiver's stamp and host, as rsyslog wrote them in the one verified sample."""

_TODAY = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
_INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
_HEAD = rf"(?:<(?P<outer>\d{{1,3}})>)?(?:1 )?(?P<received>{_TODAY}|{_INSTANT}) "
_STAMP = r"\d{4}:\d\d:\d\d-\d\d:\d\d:\d\d "
_REST_OF_STAMP = r"\d\d:\d\d-\d\d:\d\d:\d\d "
_ON_DISK = re.compile(_STAMP, re.ASCII)
_SENT = re.compile(rf"(?:(?P<length>\d{{1,6}}) )?<(?P<priority>\d{{1,3}})>(?={_STAMP})", re.ASCII)
_MANGLED = re.compile(
    rf"{_HEAD}(?:(?P<receiver>\S++) )?(?P<year>\d{{4}}): (?={_REST_OF_STAMP})", re.ASCII
)
_RELAYED = re.compile(
    rf"{_HEAD}(?P<receiver>\S++) (?:[^\s<]\S*+ ){{0,4}}?(?:<(?P<priority>\d{{1,3}})>)?(?={_STAMP})",
    re.ASCII,
)
_ANY_PRIORITY = re.compile(r"<(\d{1,3})>", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A line and how it came.

    Attributes:
        line: As it was on the UTM's disk.
        transport: What was around it.
        priority: The number of its `<PRI>`, if that was there.
        receiver: The host that the receiver wrote.
        received: The receiver's own stamp, as it wrote it.
        offset: What to add to a position in `line`, past its year, to have it in the text.
    """

    line: str
    transport: Transport
    priority: int | None = None
    receiver: str = ""
    received: str = ""
    offset: int = 0


def unwrap(text: str) -> Received:
    """Take off what a transport put around a line; text without line feed."""
    if _ON_DISK.match(text):
        return Received(line=text, transport="disk")
    for read in (_sent, _mangled, _relayed, _prefixed):
        found = read(text)
        if found is not None:
            return found
    return Received(line=text, transport="disk")


def wrap(line: str, transport: Transport, *, priority: int = 30, header: str = RECEIVED) -> str:
    """Put around a line on disk what a transport would; the opposite of `unwrap`.

    Args:
        line: As it is on the UTM's disk.
        transport: Which one.
        priority: The number of `<PRI>`, where the transport has one; 30 is daemon.info.
        header: The receiver's stamp and host, where the transport has them.
    """
    sent = f"<{priority}>{line}"
    if transport == "pri":
        return sent
    if transport == "octet":
        return f"{len(sent.encode('utf-8', 'surrogateescape'))} {sent}"
    if transport == "mangled":
        return f"{header} {line[:YEAR_LENGTH]} {line[YEAR_LENGTH:]}"
    return f"{header} {sent}" if transport == "relayed" else line


def _sent(text: str) -> Received | None:
    found = _SENT.match(text)
    if found is None or int(found["priority"]) > LARGEST_PRIORITY:
        return None
    return Received(
        line=text[found.end() :],
        transport="pri" if found["length"] is None else "octet",
        priority=int(found["priority"]),
        offset=found.end(),
    )


def _mangled(text: str) -> Received | None:
    found = _MANGLED.match(text)
    if found is None:
        return None
    year = f"{found['year']}:"
    return Received(
        line=year + text[found.end() :],
        transport="mangled",
        priority=_number(found["outer"]),
        receiver=found["receiver"] or "",
        received=found["received"],
        offset=found.end() - len(year),
    )


def _relayed(text: str) -> Received | None:
    found = _RELAYED.match(text)
    if found is None:
        return None
    return Received(
        line=text[found.end() :],
        transport="relayed",
        priority=_number(found["priority"] or found["outer"]),
        receiver=found["receiver"],
        received=found["received"],
        offset=found.end(),
    )


def _prefixed(text: str) -> Received | None:
    """A priority in front of something that is no whole line."""
    found = _ANY_PRIORITY.match(text)
    if found is None or int(found[1]) > LARGEST_PRIORITY:
        return None
    return Received(
        line=text[found.end() :], transport="pri", priority=int(found[1]), offset=found.end()
    )


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
