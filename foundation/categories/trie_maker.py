"""Builds the trie of a large host table; also a program, since building holds the interpreter.

- Run as a script it imports nothing of this project: keys with their value numbers come on standard
  input, one `key TAB number` a line; the trie and the numbers go to standard output.
- A key is a host read backwards with a dot at its end, so that a prefix is always a whole parent.

Provenance: ours.
"""

import array
import struct
import sys
from collections.abc import Iterable, Mapping

import marisa_trie

LENGTHS = struct.Struct("<QQ")
NUMBERS = "I"


def key_of(host: str) -> str:
    """Return the key under which a host stands in the trie."""
    return host[::-1] + "."


def make(numbers: Mapping[str, int]) -> tuple[bytes, bytes]:
    """Return the trie of the keys, and the numbers in the order of its ids."""
    # One trie and a large cache: a fifth larger than marisa's own choice, and a third faster.
    trie = marisa_trie.Trie(numbers, num_tries=1, cache_size=marisa_trie.HUGE_CACHE)
    places = array.array(NUMBERS, bytes(array.array(NUMBERS).itemsize * len(numbers)))
    for key, number in numbers.items():
        places[trie[key]] = number
    return trie.tobytes(), places.tobytes()


def _read(lines: Iterable[str]) -> dict[str, int]:
    return {key: int(number) for key, _, number in (line.partition("\t") for line in lines)}


def main() -> None:
    """Make the trie of what stands on standard input."""
    trie, places = make(_read(sys.stdin))
    sys.stdout.buffer.write(LENGTHS.pack(len(trie), len(places)) + trie + places)


if __name__ == "__main__":
    main()
