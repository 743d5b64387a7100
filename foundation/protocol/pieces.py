"""Large documents in pieces that are named by their content, so that most of one travels once.

- Cut where the content says, not every so many bytes: a change moves the cuts near it and no
  others, and every other piece keeps its name (SHA-256 of its bytes).
- A piece ends with a line, so that it is text on its own, as clients of fragments need it; a line
  that is too long is cut between two characters.
- Pure, and the same on both ends of the UTM link.

Provenance: fragments that are cached by id are documented of MCS; where they are cut is ours.
"""

import hashlib
from collections.abc import Iterator
from typing import Final
from zlib import crc32

SHORTEST: Final = 65_536
LONGEST: Final = 262_144
_ONE_LINE_IN: Final = 256


def cut(body: bytes) -> Iterator[bytes]:
    """Yield the pieces of a document; joined they are the document."""
    start = 0
    while start < len(body):
        end = _end_of_piece(body, start)
        yield body[start:end]
        start = end


def piece_id(piece: bytes) -> str:
    """Return the name of a piece."""
    return hashlib.sha256(piece).hexdigest()


def _end_of_piece(body: bytes, start: int) -> int:
    if len(body) - start <= SHORTEST:
        return len(body)
    limit = min(start + LONGEST, len(body))
    line = body.find(b"\n", start + SHORTEST, limit) + 1
    while line:
        end = body.find(b"\n", line, limit) + 1
        if end and crc32(body[line:end]) % _ONE_LINE_IN == 0:
            return end
        line = end
    while limit < len(body) and body[limit] & 0xC0 == 0x80:
        limit -= 1
    return limit
