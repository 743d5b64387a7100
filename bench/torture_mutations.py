"""Damaged documents: what a seed says, changed at random. The same seed gives the same damage."""

import random
from collections.abc import Callable, Sequence
from typing import Final

LONGEST: Final = 20_000
MOST_STEPS: Final = 4
LONGEST_CUT: Final = 80
TOKENS: Final = (
    *(b"", b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\r\n", b"\n\n", b" ", b"\t"),
    *(b'"', b"'", b"<", b">", b"&", b"&amp;", b"&#0;", b"&#xD800;", b"<![CDATA[", b"]]>", b"-->"),
    *(
        b"<!DOCTYPE a>",
        b"<a/>",
        b"</a>",
        b'<a x="',
        b"<?x?>",
        b"<script>",
        b"&lt;script",
        b"xmlns:",
    ),
    *(b"{", b"}", b"[", b"]", b"null", b"true", b"NaN", b"1e999", b"-0", b'"\\ud800"', b"\\u0000"),
    *(
        b"-1",
        b"0",
        b"9" * 20,
        b"1" * 5000,
        b"2147483648",
        b"9223372036854775808",
        b"0x10",
        b"\xd9\xa1",
    ),
    *(b"9999-12-31T23:59:59.999999Z", b"0001-01-01T00:00:00Z", b"PT99999999999S", b"[" * 2000),
    *(
        b"..",
        b"/",
        b"../../etc/passwd",
        b"%",
        b"%00",
        b"%ff",
        b";",
        b":",
        b"=",
        b"@",
        b"\\",
        b"://",
    ),
)
"""What readers of XML, JSON, numbers, times, paths and headers have stumbled over before."""


class Mutator:
    """Damages documents.

    Args:
        rng: Where chance comes from.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._steps: tuple[Callable[[bytes, Sequence[bytes]], bytes], ...] = (
            self._put_token,
            self._put_token,
            self._cut,
            self._double,
            self._flip,
            self._splice,
        )

    def damaged(self, seeds: Sequence[bytes]) -> bytes:
        """Return one of the seeds, changed in one to four places."""
        rng = self._rng
        data = rng.choice(seeds)
        for _ in range(rng.randint(1, MOST_STEPS)):
            data = rng.choice(self._steps)(data, seeds)
        return data[:LONGEST]

    def _piece(self, data: bytes) -> tuple[int, int]:
        start = self._rng.randint(0, len(data))
        return start, min(len(data), start + self._rng.randint(0, LONGEST_CUT))

    def _put_token(self, data: bytes, _seeds: Sequence[bytes]) -> bytes:
        start, end = self._piece(data)
        end = self._rng.choice((start, end))
        return data[:start] + self._rng.choice(TOKENS) + data[end:]

    def _cut(self, data: bytes, _seeds: Sequence[bytes]) -> bytes:
        start, end = self._piece(data)
        return data[:start] + data[end:]

    def _double(self, data: bytes, _seeds: Sequence[bytes]) -> bytes:
        start, end = self._piece(data)
        return data[:end] + data[start:end] * self._rng.choice((1, 1, 2, 70)) + data[end:]

    def _flip(self, data: bytes, _seeds: Sequence[bytes]) -> bytes:
        if not data:
            return data
        place = self._rng.randrange(len(data))
        changed = data[place] ^ (1 << self._rng.randrange(8))
        return data[:place] + bytes([changed]) + data[place + 1 :]

    def _splice(self, data: bytes, seeds: Sequence[bytes]) -> bytes:
        start, end = self._piece(data)
        other = self._rng.choice(seeds)
        from_, to = self._piece(other)
        return data[:start] + other[from_:to] + data[end:]
