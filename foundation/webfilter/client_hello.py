"""Whom a TLS client asks for: the server name in its ClientHello.

- Pure: it is given the first bytes of a connection and says what they are, or that it needs more.
- A ClientHello may come in any number of TCP segments and of TLS records.
- Unknown extensions, GREASE and Encrypted ClientHello are passed over; with the latter the name is
  the public one of its provider.
- What is not TLS, or no ClientHello that can be read, is `Hello()`: it asks for nobody.
- Provenance: RFC 8446 4.1.2 and 5.1, RFC 6066 3, RFC 8701, RFC 9849.
"""

from dataclasses import dataclass

_HANDSHAKE, _CLIENT_HELLO = 0x16, 0x01
_LONGEST_RECORD = 2**14 + 256
_LONGEST_HELLO = 65_536
_SERVER_NAME, _ENCRYPTED_HELLO = 0x0000, 0xFE0D


@dataclass(frozen=True, slots=True)
class Hello:
    """What the first bytes of a client say; the names are as they came."""

    server_names: tuple[str, ...] = ()
    is_tls: bool = False
    is_encrypted: bool = False


class _Cut:
    """Reads a buffer from its beginning; past its end it raises IndexError."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise IndexError
        piece, self._at = self._data[self._at : end], end
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> "_Cut":
        """Take what is preceded by its length in `size` bytes."""
        return _Cut(self.take(self.number(size)))

    def rest(self) -> bytes:
        return self._data[self._at :]

    @property
    def is_empty(self) -> bool:
        return self._at >= len(self._data)


def read_client_hello(data: bytes) -> Hello | None:
    """Read the first bytes of a client; None when more of them are needed."""
    handshake = b""
    records = _Cut(data)
    try:
        while len(handshake) < 4 or len(handshake) < _length_of(handshake):
            if records.take(1)[0] != _HANDSHAKE or records.take(1)[0] != 3:
                return Hello()
            records.take(1)
            length = records.number(2)
            if not 0 < length <= _LONGEST_RECORD:
                return Hello()
            handshake += records.take(length)
            if handshake[0] != _CLIENT_HELLO or _length_of(handshake) > _LONGEST_HELLO:
                return Hello()
    except IndexError:
        return None
    try:
        return _read_body(_Cut(handshake[4 : _length_of(handshake)]))
    except (IndexError, UnicodeDecodeError):
        return Hello()


def _length_of(handshake: bytes) -> int:
    return 4 + int.from_bytes(handshake[1:4], "big")


def _read_body(body: _Cut) -> Hello:
    body.take(2 + 32)
    for size in (1, 2, 1):  # session id, cipher suites, compression methods
        body.vector(size)
    names: list[str] = []
    is_encrypted = False
    extensions = _Cut(b"") if body.is_empty else body.vector(2)
    while not extensions.is_empty:
        kind, content = extensions.number(2), extensions.vector(2)
        is_encrypted = is_encrypted or kind == _ENCRYPTED_HELLO
        if kind != _SERVER_NAME:
            continue
        entries = content.vector(2)
        while not entries.is_empty:
            name_type, name = entries.number(1), entries.vector(2)
            if name_type == 0:
                names.append(name.rest().decode("ascii"))
    return Hello(tuple(names), is_tls=True, is_encrypted=is_encrypted)
