r"""The one grammar of a UTM log line: text to parts and parts to text.

`YYYY:MM:DD-HH:MM:SS host process[pid]: [L ][Module::function:LINE() => ]key="value" key="value"`

* The stamp is UTM local time: no zone, no fraction (public: every known sample).
* The process may be a path, the pid may be missing, the level letter and the caller are
  optional, and one space may stand before the line feed (public: syslog consumers' samples).
* A message that does not begin with a pair is free text and kept as it is (httpd, syslog-ng).
* A value never holds a raw quote or a line break, because no consumer unescapes anything:
  `clean_value` turns `"` into `'` and every control character or line separator into a space.
  That is the one replacement there is, and `format_line` always applies it (ours).
* `format_line(parse_line(line)) == line` for every line without control characters.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import ClassVar

from foundation.errors import DomainError

STAMP_FORMAT = "%Y:%m:%d-%H:%M:%S"

_STAMP = r"(\d{4}):(\d\d):(\d\d)-(\d\d):(\d\d):(\d\d)"
_HEADER = re.compile(
    rf"{_STAMP} (?P<host>\S+) (?P<process>[^\s\[\]:]+)(?:\[(?P<pid>0|[1-9]\d{{0,17}})\])?: ",
    re.ASCII,
)
_PREFIX = re.compile(r"(?:(?P<level>[A-Z]) )?(?:(?P<caller>\w+(?:::\w+)*:\d+\(\)) => )?", re.ASCII)
_PAIR = re.compile(r'([a-z0-9_-]+)="([^"\r\n]*)"')
_PAIR_START = re.compile(r'[a-z0-9_-]+="')
_PRIORITY = re.compile(r"<(\d{1,3})>")
_KEY = re.compile(r"[a-z0-9_-]+")
_HOST = re.compile(r"\S+", re.ASCII)
_PROCESS = re.compile(r"[^\s\[\]:]+", re.ASCII)
_CALLER = re.compile(r"\w+(?:::\w+)*:\d+\(\)", re.ASCII)

_BREAKERS = [*range(0x20), 0x7F, 0x85, 0x2028, 0x2029]
_REPLACEMENTS = {**dict.fromkeys(_BREAKERS, " "), ord('"'): "'"}


class LineMalformedError(DomainError):
    """A text is not a UTM log line; `reason` and `column` (from 0) say where it stops being one."""

    code: ClassVar[str] = "line_malformed"
    hint: ClassVar[str] = "`utmlab log lint` names the damage; `--fix` restores pasted lines."

    def __init__(self, reason: str, column: int, sentence: str) -> None:
        super().__init__(f"{sentence} (column {column + 1})")
        self.reason = reason
        self.column = column


class LineNotWritableError(DomainError):
    """Parts that no log line can carry, such as a key with a space in it."""

    code: ClassVar[str] = "line_not_writable"
    hint: ClassVar[str] = "Keys are [a-z0-9_-]+, a process has no blank, colon or bracket."


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLine:
    """The parts of one line. Either `pairs` or `text` is filled, never both."""

    stamp: datetime
    host: str
    process: str
    pid: int | None = None
    level: str | None = None
    caller: str | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    text: str = ""
    trailing_space: bool = False

    def get(self, key: str, default: str | None = None) -> str | None:
        """Return the first value of `key`."""
        return next((value for name, value in self.pairs if name == key), default)


def clean_value(value: str) -> str:
    """Return `value` as it may stand between the quotes of a pair."""
    return value if _is_clean(value) else value.translate(_REPLACEMENTS)


def split_priority(text: str) -> tuple[int | None, str]:
    """Take the `<PRI>` of a remote-syslog payload off: the rest is the on-disk line."""
    found = _PRIORITY.match(text)
    if found is None or int(found[1]) > 191:
        return None, text
    return int(found[1]), text[found.end() :]


def parse_line(text: str) -> ParsedLine:
    """Parse one line without its line feed.

    Raises:
        LineMalformedError: with reason `stamp`, `header`, `pair`, `raw_quote`, `unterminated`,
            `separator` or `line_break`.
    """
    header = _HEADER.match(text)
    if header is None:
        raise _header_error(text)
    stamp = _stamp(text, header)
    pid = header["pid"]
    prefix = _PREFIX.match(text, header.end())
    level, caller = (prefix["level"], prefix["caller"]) if prefix else (None, None)
    start = prefix.end() if prefix else header.end()
    pairs: tuple[tuple[str, str], ...] = ()
    message, trailing = "", False
    if _PAIR_START.match(text, start):
        pairs, trailing = _parse_pairs(text, start)
    else:
        if caller is None:  # "I have no pairs" is a sentence, not a level letter
            level, start = None, header.end()
        message = text[start:]
        if "\n" in message or "\r" in message:
            raise LineMalformedError("line_break", len(text), "A line break stands in the message")
    return ParsedLine(
        stamp=stamp,
        host=header["host"],
        process=header["process"],
        pid=None if pid is None else int(pid),
        level=level,
        caller=caller,
        pairs=pairs,
        text=message,
        trailing_space=trailing,
    )


def format_line(line: ParsedLine) -> str:
    """Write the line without its line feed; values are cleaned, the rest must be right.

    Raises:
        LineNotWritableError: when a part cannot stand in a line.
    """
    _check_writable(line)
    pid = "" if line.pid is None else f"[{line.pid}]"
    level = "" if line.level is None else f"{line.level} "
    caller = "" if line.caller is None else f"{line.caller} => "
    if line.pairs:
        body = _format_pairs(line.pairs)
    else:
        body = line.text.translate(dict.fromkeys(_BREAKERS, " "))
    end = " " if line.trailing_space else ""
    stamp = format_stamp(line.stamp)
    return f"{stamp} {line.host} {line.process}{pid}: {level}{caller}{body}{end}"


def _format_pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    if _is_clean("".join([value for _, value in pairs])):  # one look instead of thirty
        return " ".join([f'{key}="{value}"' for key, value in pairs])
    return " ".join([f'{key}="{clean_value(value)}"' for key, value in pairs])


def _is_clean(value: str) -> bool:
    """Whether a value is of the usual kind, which needs no walk through the table."""
    return value.isascii() and value.isprintable() and '"' not in value


def format_stamp(local: datetime) -> str:
    """Write a local time as the UTM does (strftime drops the zeros of years before 1000)."""
    return f"{local.year:04}{local:{STAMP_FORMAT[2:]}}"


def _stamp(text: str, header: re.Match[str]) -> datetime:
    try:
        return datetime(*map(int, header.groups()[:6]))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError as error:
        raise LineMalformedError("stamp", 0, f"{text[:19]!r} is no date and time") from error


def _header_error(text: str) -> LineMalformedError:
    stamp = re.match(_STAMP, text, re.ASCII)
    if stamp is None:
        return LineMalformedError("stamp", 0, "The line does not begin with YYYY:MM:DD-HH:MM:SS")
    return LineMalformedError("header", stamp.end(), "No `host process[pid]: ` follows the stamp")


def _parse_pairs(text: str, start: int) -> tuple[tuple[tuple[str, str], ...], bool]:
    pairs: list[tuple[str, str]] = []
    position = start
    while True:
        found = _PAIR.match(text, position)
        if found is None:
            raise _pair_error(text, position)
        pairs.append((found[1], found[2]))
        position = found.end()
        rest = len(text) - position
        if rest == 0:
            return tuple(pairs), False
        if text[position] != " ":
            raise LineMalformedError("raw_quote", position - 1, "A raw quote stands in a value")
        position += 1
        if rest == 1:
            return tuple(pairs), True


def _pair_error(text: str, position: int) -> LineMalformedError:
    if _PAIR_START.match(text, position):
        if "\n" in text[position:] or "\r" in text[position:]:
            return LineMalformedError("line_break", position, "A value holds a line break")
        return LineMalformedError("unterminated", position, "The last value has no closing quote")
    if text[position] == " ":
        return LineMalformedError("separator", position, "Pairs are separated by one space")
    return LineMalformedError("pair", position, 'Text without key="value" stands after the pairs')


def _check_writable(line: ParsedLine) -> None:
    problems = (
        (line.stamp.tzinfo is not None, "the stamp is UTM local time and carries no zone"),
        (_HOST.fullmatch(line.host) is None, f"host {line.host!r} holds a blank"),
        (_PROCESS.fullmatch(line.process) is None, f"process {line.process!r}"),
        (line.pid is not None and line.pid < 0, f"pid {line.pid}"),
        (
            line.level is not None and re.fullmatch("[A-Z]", line.level) is None,
            f"level {line.level!r} is not one capital letter",
        ),
        (
            line.caller is not None and _CALLER.fullmatch(line.caller) is None,
            f"caller {line.caller!r} is not Module::function:LINE()",
        ),
        (bool(line.pairs) and bool(line.text), "pairs and free text exclude each other"),
        (
            not line.pairs and (line.trailing_space or _reads_as_parts(line)),
            "free text would be read back as something else",
        ),
    )
    for is_wrong, sentence in problems:
        if is_wrong:
            raise LineNotWritableError(f"A log line cannot carry this: {sentence}")
    for key, _ in line.pairs:
        if not _is_key(key):
            raise LineNotWritableError(f"A log line cannot carry this: key {key!r}")


@lru_cache(maxsize=1024)
def _is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def _reads_as_parts(line: ParsedLine) -> bool:
    if line.caller is None and line.level is not None:
        return True
    if _PAIR_START.match(line.text):
        return True
    prefix = _PREFIX.match(line.text)
    if line.caller is not None or prefix is None:
        return False
    return prefix["caller"] is not None or _PAIR_START.match(line.text, prefix.end()) is not None
