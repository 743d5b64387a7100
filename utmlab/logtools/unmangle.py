"""The lines of a UTM's disk, given back from what transports and receivers made of them.

* What is around a line comes off by `transport.unwrap`; frames of octet counting may also follow
  each other without a line feed, as they come from the socket.
* What cannot be restored is told: a line that was cut, and a text in which there is none. Both
  are given back as far as they go.
* Nothing is decoded for good: bytes that are not UTF-8 come out as they went in.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from utm.logs.grammar import LineMalformedError, parse_line
from utmlab.logtools.line_rules import TRANSPORT_LIMITS
from utmlab.logtools.reading import RawLine
from utmlab.logtools.transport import Transport, unwrap

Trouble = Literal["", "cut", "maybe_cut", "no_line"]
_FRAME: Final = re.compile(rb"([1-9]\d{0,5}) (?=<\d{1,3}>)")
_CUT: Final = frozenset({"unterminated", "pair", "header"})
_LONGEST_PREFIX: Final = 64
"""A line may have been cut by a receiver that then put its own header in front."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A line as it was on the UTM's disk, or as much as there is of it.

    Attributes:
        number: Of the line that it was read from, from 1.
        data: The line, without line feed.
        transport: What was around it.
        trouble: `cut` if its end is missing, `maybe_cut` if it is whole and exactly as long as a
            transport allows, so that pairs may be missing; `no_line` if there is no line of a UTM.
        reason: The trouble in words.
    """

    number: int
    data: bytes
    transport: Transport
    trouble: Trouble = ""
    reason: str = ""


def unmangle(lines: Iterable[RawLine]) -> Iterator[Restored]:
    """Yield the lines as they were on the UTM's disk."""
    for raw in lines:
        for data in _frames(raw.data):
            yield _restored(raw, data)


def _frames(data: bytes) -> Iterator[bytes]:
    """Yield the frames of octet counting that stand on one line; anything else is one frame."""
    begin = 0
    while (found := _FRAME.match(data, begin)) is not None:
        end = found.end() + int(found[1])
        if end >= len(data) or _FRAME.match(data, end) is None:
            break
        yield data[begin:end]
        begin = end
    yield data[begin:]


def _restored(raw: RawLine, data: bytes) -> Restored:
    received = unwrap(data.decode("utf-8", "surrogateescape").removesuffix("\r"))
    line = received.line.encode("utf-8", "surrogateescape")
    missing = _missing(data)
    if missing > 0:
        reason = f"{missing} bytes of the frame are missing"
        return Restored(raw.number, line, received.transport, "cut", reason)
    try:
        parse_line(received.line)
    except LineMalformedError as error:
        if error.reason == "stamp":
            reason = "no line of a UTM is in it"
            return Restored(raw.number, line, received.transport, "no_line", reason)
        if error.reason in _CUT and _is_cut(raw, len(data), received.offset):
            reason = f"cut at {len(data)} bytes: what was behind them is gone"
            return Restored(raw.number, line, received.transport, "cut", reason)
    if received.transport != "disk" and len(data) in TRANSPORT_LIMITS:
        reason = f"exactly {len(data)} bytes: what was behind them may be gone"
        return Restored(raw.number, line, received.transport, "maybe_cut", reason)
    return Restored(raw.number, line, received.transport)


def _missing(data: bytes) -> int:
    """Return how many bytes a frame lacks; 0 when it is whole or no frame."""
    found = _FRAME.match(data)
    return 0 if found is None else found.end() + int(found[1]) - len(data)


def _is_cut(raw: RawLine, length: int, offset: int) -> bool:
    """Whether a line that stops early stops where a transport would have cut it."""
    if not raw.is_ended or length in TRANSPORT_LIMITS:
        return True
    spare = min(offset, _LONGEST_PREFIX)
    return any(limit <= length <= limit + spare for limit in TRANSPORT_LIMITS)
