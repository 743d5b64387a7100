"""Log lines as a page shows them: harmless whatever they hold, and short enough to be read. Pure.

- Every piece is harmless (`utm/webadmin/harmless.py`), in an element of its own direction.
- A line is cut after `LONGEST_SHOWN` letters; the page says how long it is.
- `mark_of` names a line by its bytes: an offset alone means another line after a log was cleared.
"""

import re
import zlib
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup

from utm.logs.catalogue import Message, catalogue
from utm.logs.grammar import LineMalformedError, ParsedLine, parse_line
from utm.logs.shelf import StoredLog
from utm.logs.windows import LogLine
from utm.webadmin.harmless import harmless

TODAY: Final = "/logging/view-log-files/today"
ARCHIVED: Final = "/logging/view-log-files/archived"
LONGEST_SHOWN: Final = 4000
_HEAD: Final = re.compile(
    r"(\d{4}:\d\d:\d\d-\d\d:\d\d:\d\d) (\S{1,255}) ([^\s:]{1,64}:)(?= )", re.ASCII
)
_PAIR: Final = re.compile(r'(?<= )([a-z0-9_-]+)="([^"]*)"')
_KINDS: Final = {
    "block": "error",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
    "critical": "error",
    "alert": "error",
    "emergency": "error",
}
_CHANGES: Final = frozenset(
    {
        "object_changed",
        "changeset_sent",
        "changeset_accepted",
        "changeset_refused",
        "endpoint_enrolled",
        "endpoint_removed",
        "endpoint_moved",
        "policy_failed",
        "policy_warning",
    }
)
"""Messages that belong to something that WebAdmin can show, beside lines of web requests."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line in a list.

    Attributes:
        id: Of its element.
        html: The line.
        left_out: How many bytes are not shown.
        stamp: Its time as it stands there, for the names of links.
        path: The page about the line.
        has_change: Whether it belongs to something that was changed or decided.
        kind: Whether it is a warning or an error to the eye: what was blocked is an error.
    """

    id: str
    html: Markup
    left_out: int
    stamp: str
    path: str
    has_change: bool
    kind: str


def shown_line(stored: StoredLog, line: LogLine) -> ShownLine:
    """Return a line of a file ready to be shown."""
    text = text_of(line.data)
    parsed = read_line(text)
    found = None if parsed is None else catalogue().find(parsed)
    return ShownLine(
        id=f"l{line.offset}",
        html=line_html(text),
        left_out=line.size - len(line.data[:LONGEST_SHOWN]),
        stamp=text[11:19] if _HEAD.match(text) else "unknown time",
        path=f"{path_of(stored)}/line?{urlencode({'at': line.offset, 'is': mark_of(line)})}",
        has_change=found is not None and (found.slug in _CHANGES or is_web(found)),
        kind="" if parsed is None else _kind_of(parsed),
    )


def path_of(stored: StoredLog) -> str:
    """Return where a file is viewed."""
    if stored.day is None:
        return f"{TODAY}/{stored.log}"
    return f"{ARCHIVED}/{stored.log}/{stored.day.isoformat()}/{stored.number}"


def mark_of(line: LogLine) -> str:
    """Return eight hex digits of a line's bytes."""
    return f"{zlib.crc32(line.data):08x}"


def text_of(data: bytes) -> str:
    """Return the beginning of a line as text; bytes that are not UTF-8 survive as surrogates."""
    return data[:LONGEST_SHOWN].decode("utf-8", "surrogateescape")


def read_line(text: str) -> ParsedLine | None:
    """Return the parts of a line, or None if it is damaged."""
    try:
        return parse_line(text)
    except LineMalformedError:
        return None


def is_web(message: Message) -> bool:
    """Whether a message tells of a web request."""
    return message.sub == "http"


def _kind_of(line: ParsedLine) -> str:
    pairs = dict(line.pairs)
    word = pairs.get("action") if pairs.get("sub") == "http" else pairs.get("severity")
    return _KINDS.get(word or "", "")


def line_html(text: str) -> Markup:
    """Return a line with its parts marked: stamp, host, process, keys and values."""
    pieces: list[Markup] = []
    position = 0
    head = _HEAD.match(text)
    if head is not None:
        stamp, host, process = map(harmless, head.groups())
        pieces.append(
            Markup(
                '<span class="log-stamp">{}</span> {} <span class="log-process">{}</span>'
            ).format(stamp, host, process)
        )
        position = head.end()
    for found in _PAIR.finditer(text, position):
        pieces.append(harmless(text[position : found.start()]))
        kind = " log-name" if found[1] in ("id", "name") else ""
        pieces.append(
            Markup('<span class="log-key">{}=</span>"<span class="log-value{}">{}</span>"').format(
                found[1], kind, harmless(found[2])
            )
        )
        position = found.end()
    return Markup("").join([*pieces, harmless(text[position:])])
