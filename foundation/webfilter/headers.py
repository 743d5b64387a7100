"""Headers as they pass through a proxy.

- Hop-by-hop headers end here: the fixed ones and those that `Connection` names (RFC 9110 7.6.1).
- Framing is never copied: Content-Length and Transfer-Encoding are written anew from what the
  parser understood, so that a client cannot make two readers see two different messages.
- Names and values are bytes, as they come from the wire.
"""

from collections.abc import Iterable

VIA = b"1.1 utmlab"

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"content-length",
        b"expect",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_FROM_A_CLIENT = HOP_BY_HOP | {b"host"}
_NAMES_NO_HEADER = frozenset({b"", b"keep-alive", b"Keep-Alive", b"close", b"Close"})
_NOTHING: frozenset[bytes] = frozenset()


class Fields:
    """The header lines of one message, in order and by name; names asked for are lower case."""

    __slots__ = ("_first", "_is_unique", "lines")

    def __init__(self, lines: list[tuple[bytes, bytes]]) -> None:
        self.lines = lines
        first = {name.lower(): value for name, value in lines}
        self._is_unique = len(first) == len(lines)
        if not self._is_unique:  # the last of each is there, and the first is wanted
            first = {name.lower(): value for name, value in reversed(lines)}
        self._first = first

    def find(self, name: bytes) -> bytes:
        """Return the first value of a header, or nothing."""
        return self._first.get(name, b"")

    def find_all(self, name: bytes) -> list[bytes]:
        """Return all values of a header."""
        if self._is_unique:
            return [self._first[name]] if name in self._first else []
        return [value for key, value in self.lines if key.lower() == name]

    def tokens(self, name: bytes) -> frozenset[bytes]:
        """Return the comma-separated words of a header, in lower case."""
        if name not in self._first:
            return _NOTHING
        return frozenset(
            word.strip().lower()
            for value in self.find_all(name)
            for word in value.split(b",")
            if word.strip()
        )

    def for_origin(self) -> list[bytes]:
        """Return the lines that go on to an origin, without Host."""
        return self._without(_FROM_A_CLIENT)

    def for_client(self) -> list[bytes]:
        """Return the lines that go on to a client."""
        return self._without(HOP_BY_HOP)

    def _without(self, dropped: frozenset[bytes]) -> list[bytes]:
        if self._is_unique and self._first.get(b"connection", b"") in _NAMES_NO_HEADER:
            return [
                line[0] + b": " + line[1]
                for line, name in zip(self.lines, self._first, strict=True)
                if name not in dropped
            ]
        dropped |= self.tokens(b"connection")
        return [key + b": " + value for key, value in self.lines if key.lower() not in dropped]


def write_head(start_line: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a message head with its empty line."""
    lines = [start_line]
    lines.extend(key + b": " + value for key, value in headers)
    return b"\r\n".join(lines) + b"\r\n\r\n"
