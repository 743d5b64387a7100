"""The X-Restd headers of a request.

- `X-Restd-Err-Ack: none|last|all`: errors that are not fatal are acknowledged: all of them, or one.
- `X-Restd-Lock-Override: yes`: a user's lock does not count; a global one always does.
- `X-Restd-Insert: NODE [POSITION]`: a new object joins a list, at a position counted from 1, or
  from the end when negative; last without one. May come several times.
- `X-Restd-Session: close`: the session ends with this answer.

Provenance: names and words are public; what `last` means for several errors is ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from utm.restd.errors import refusal

Acknowledged = Literal["none", "last", "all"]
_INSERT: Final = re.compile(r"([A-Za-z0-9_.]{1,200})(?:\s+(-?[0-9]{1,6}))?")


class Headers(Protocol):
    """Headers by name, whatever its case; some come several times."""

    def get(self, name: str, default: str) -> str:
        """Return the first of that name."""

    def getall(self, name: str, default: list[str]) -> list[str]:
        """Return all of that name."""


@dataclass(frozen=True, slots=True)
class Insert:
    """A place in a list: from 1, or from the end when negative."""

    node: str
    position: int = -1

    def index_in(self, length: int) -> int:
        """Return where in a list of that many others it is, from 0."""
        if self.position < 0:
            return max(length + 1 + self.position, 0)
        return min(max(self.position - 1, 0), length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the headers of a request ask for."""

    acknowledged: Acknowledged = "none"
    override_lock: bool = False
    inserts: tuple[Insert, ...] = ()
    close_session: bool = False


_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "X-Restd-Err-Ack": ("none", "last", "all"),
    "X-Restd-Lock-Override": ("no", "yes"),
    "X-Restd-Session": ("keep", "close"),
}


def read_options(headers: Headers) -> Options:
    """Return the options of a request.

    Raises:
        RequestRefusedError: If a header has a value that it cannot have.
    """
    chosen = {name: _word(headers, name) for name in _WORDS}
    acknowledged: Acknowledged = "none"
    if chosen["X-Restd-Err-Ack"] == "last":
        acknowledged = "last"
    elif chosen["X-Restd-Err-Ack"] == "all":
        acknowledged = "all"
    return Options(
        acknowledged=acknowledged,
        override_lock=chosen["X-Restd-Lock-Override"] == "yes",
        inserts=tuple(_insert(text) for text in headers.getall("X-Restd-Insert", [])),
        close_session=chosen["X-Restd-Session"] == "close",
    )


def _word(headers: Headers, name: str) -> str:
    words = _WORDS[name]
    word = headers.get(name, words[0]).strip().lower()
    if word not in words:
        raise refusal(400, "HEADER_INVALID", f"{name} takes {' or '.join(words)}.")
    return word


def _insert(text: str) -> Insert:
    found = _INSERT.fullmatch(text.strip())
    if found is None:
        raise refusal(400, "HEADER_INVALID", "X-Restd-Insert takes a node and perhaps a number.")
    return Insert(found[1], int(found[2] or -1))
