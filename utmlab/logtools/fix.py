r"""Restoring lines that a web page, a mail or a word processor has changed.

* The article's lines have typographic quotes (U+201D, U+201C and U+2033 at either end) and a
  trailing ` |`; both become what a UTM writes, byte for byte (seed).
* Only quotes that delimit a value are touched: what stands inside a value stays.
* A line that is right already is returned as it is, and so is one that cannot be restored.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from utm.logs.grammar import LineMalformedError, parse_line

TYPOGRAPHIC_QUOTES = "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u275d\u275e\uff02"
BLANKS = " \t\u00a0\u2007\u202f\u3000"
_QUOTE = f'["{TYPOGRAPHIC_QUOTES}]'
_BLANK = f"[{BLANKS}]"
_TABLE_BORDER = re.compile(rf"^{_BLANK}*+\|{_BLANK}*+|(?<!{_BLANK}){_BLANK}*+\|{_BLANK}*+$")
_PAIR = re.compile(
    rf"(?P<key>[a-z0-9_-]+)={_QUOTE}(?P<value>.*?){_QUOTE}"
    rf"(?={_BLANK}+[a-z0-9_-]+={_QUOTE}|{_BLANK}*$)"
)
_FIRST_PAIR = re.compile(rf"(?<={_BLANK})[a-z0-9_-]+={_QUOTE}")
_BLANKS = re.compile(rf"{_BLANK}*")


@dataclass(frozen=True, slots=True)
class FixedLine:
    """A line and what was done to it; without changes it is as it came."""

    line: str
    changes: tuple[str, ...] = ()


def fix_line(text: str) -> FixedLine:
    """Restore one pasted line, if it can be restored to one that parses."""
    if _is_line_with_pairs(text):
        return FixedLine(text)
    changes = []
    line = text.strip(f"\r\n\ufeff{BLANKS}")
    if line != text:
        changes.append("blanks around the line removed")
    inner = _TABLE_BORDER.sub("", line)
    if inner != line:
        changes.append("table border ` |` removed")
    requoted = _requote(inner)
    if requoted != inner:
        changes.append("typographic quotes and blanks between pairs made plain")
    if not changes or not _is_line_with_pairs(requoted):
        return FixedLine(text)
    return FixedLine(requoted, tuple(changes))


def fix_lines(lines: Iterable[str]) -> Iterator[FixedLine]:
    """Restore a stream of lines."""
    return map(fix_line, lines)


def is_pasted(text: str) -> bool:
    """Whether a line has the marks of a paste: restoring it would change it."""
    return bool(fix_line(text).changes)


def _requote(text: str) -> str:
    first = _FIRST_PAIR.search(text)
    if first is None:
        return text
    head, body = text[: first.start()], text[first.start() :]
    pairs, position = [], 0
    while position < len(body):
        found = _PAIR.match(body, position)
        if found is None:
            return text
        pairs.append(f'{found["key"]}="{found["value"]}"')
        blanks = _BLANKS.match(body, found.end())
        position = blanks.end() if blanks else found.end()
    return re.sub(_BLANK, " ", head) + " ".join(pairs)


def _is_line_with_pairs(text: str) -> bool:
    try:
        return bool(parse_line(text).pairs)
    except LineMalformedError:
        return False
