"""What a program did and refused, for whoever runs it: apart from every emulated log.

- One line per event: time, event name, `key=value` pairs; values with blanks are quoted as JSON.
- Values come from outside: a line break in one cannot make a second line.
- No secret is handed to it; a `Secret` would show as `[redacted]`.
- Bounded: a file that is full becomes `NAME.1`, up to `NAME.4`, and the oldest goes.

Provenance: ours; the form is what others call logfmt.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO

from foundation.present import Now

LONGEST_VALUE: Final = 300
MOST_BYTES: Final = 5_000_000
MOST_FILES: Final = 5
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/;,+@")
_PAIR = re.compile(r' ([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)')


class OperationsLog:
    """Appends lines to one file; closed, it drops them.

    Args:
        path: The file.
        now: The present.
        most_bytes: When a file is full.
    """

    def __init__(self, path: Path, *, now: Now, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._now = now
        self._most_bytes = most_bytes
        self._file: TextIO | None = None
        self._written = 0

    def open(self) -> None:
        """Begin to append."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a", encoding="utf-8", buffering=1)
        self._written = self._file.tell()

    def close(self) -> None:
        """Stop appending."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def record(self, event: str, **fields: object) -> None:
        """Append one line; a full disk must not stop the service, so it is passed over."""
        if self._file is None:
            return
        stamp = self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        pairs = "".join(f" {key}={_shown(value)}" for key, value in fields.items())
        line = f"{stamp} {event}{pairs}\n"
        try:
            if self._written + len(line) > self._most_bytes and self._written:
                self._turn_over()
            self._file.write(line)
        except OSError:
            self.close()
        else:
            self._written += len(line.encode())

    def failed(self, name: str, error: BaseException) -> None:
        """Record that a task ended by an error; as `foundation.service.Tasks` tells it."""
        self.record("task_failed", task=name, error=type(error).__name__, sentence=error)

    def _turn_over(self) -> None:
        self.close()
        for number in range(MOST_FILES - 1, 0, -1):
            older = _numbered(self._path, number - 1)
            if older.exists():
                older.replace(_numbered(self._path, number))
        self.open()


@dataclass(frozen=True, slots=True)
class Operation:
    """One line, read again; a line that is none has the event `unreadable` and itself as text."""

    at: datetime | None
    event: str
    fields: Mapping[str, str]


def read_operations(path: Path) -> Iterator[Operation]:
    """Yield every event of a log, its older files included, oldest first."""
    for number in range(MOST_FILES - 1, -1, -1):
        file = _numbered(path, number)
        if file.exists():
            with file.open(encoding="utf-8", errors="replace") as lines:
                yield from map(_read, lines)


def _read(line: str) -> Operation:
    stamp, _, rest = line.rstrip("\n").partition(" ")
    event, _, _ = rest.partition(" ")
    try:
        at = datetime.fromisoformat(stamp)
        fields = {key: _value(text) for key, text in _PAIR.findall(rest[len(event) :])}
    except ValueError:  # cut off by a kill or a full disk
        return Operation(None, "unreadable", {"line": line.rstrip("\n")})
    return Operation(at, event, fields)


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}") if number else path


def _value(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def _shown(value: object) -> str:
    text = str(value)[:LONGEST_VALUE]
    return text if text and _PLAIN.issuperset(text) else json.dumps(text)
