"""The log of what this LiveConnect did and refused.

- One line per event: time, event name, `key=value` pairs; values with blanks are quoted as JSON.
- Values come from outside: a line break in one cannot make a second line.
- No secret is handed to it; a `Secret` would show as `[redacted]`.
"""

import json
from pathlib import Path
from typing import TextIO

from foundation.service import Now

LONGEST_VALUE = 300
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/;,+@")


class OperationsLog:
    """Appends lines to one file; closed, it drops them."""

    def __init__(self, path: Path, *, now: Now) -> None:
        self._path = path
        self._now = now
        self._file: TextIO | None = None

    def open(self) -> None:
        """Begin to append."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a", encoding="utf-8", buffering=1)

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
        try:
            self._file.write(f"{stamp} {event}{pairs}\n")
        except OSError:
            self.close()


def _shown(value: object) -> str:
    text = str(value)[:LONGEST_VALUE]
    return text if text and _PLAIN.issuperset(text) else json.dumps(text)
