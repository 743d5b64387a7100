"""Categories of a million sites: one file, mapped into memory and shared by all processes.

- The file is the trie, the numbers of its values, the values as JSON, and a trailer that says where
  each begins. It opens in milliseconds whatever its size, and is never changed: a new list is a
  new file in its place.
- A damaged file is refused before the trie is looked at (checksum over everything).
- The same answers as `CategorySet`: a host has the category of its nearest listed parent.

Provenance: ours.
"""

import json
import mmap
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Self

import marisa_trie

from foundation.categories.category import REPUTATIONS, Category
from foundation.categories.category_set import CategoryDataError
from foundation.categories.host_table import HostTable, compact
from foundation.categories.hosts import normalise_host
from foundation.categories.trie_maker import key_of, make
from foundation.durable.files import write_atomic

_TRAILER: Final = struct.Struct("<QQQIHH8s")
"""Begin of numbers, begin of values, begin of the trailer, checksum, item size, version, magic."""
_MAGIC: Final = b"utmlcats"
_VERSION: Final = 1
_ALIGNED: Final = 8
REMEMBERED: Final = 4096
"""Hosts asked for lately; a page asks for the same few again and again."""


class LargeCategorySet:
    """Sites by host, from a file that `write_category_file` wrote.

    Args:
        table: The sites.
        mapping: What the table reads from; closed with the set.
    """

    def __init__(self, table: HostTable[Category], mapping: mmap.mmap) -> None:
        self._table = table
        self._mapping = mapping
        self._lately: dict[str, Category | None] = {}

    def __len__(self) -> int:
        return len(self._table)

    def lookup(self, host: str) -> Category | None:
        """Return the category of a normalised host or of its nearest listed parent."""
        lately = self._lately
        if host in lately:
            return lately[host]
        if len(lately) >= REMEMBERED:
            lately.clear()
        found = lately[host] = self._table.nearest(host)
        return found

    def hosts(self) -> Iterator[str]:
        """Return the listed hosts."""
        return self._table.hosts()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map a file.

        Raises:
            CategoryDataError: The file is damaged, or no category file.
        """
        with path.open("rb") as file:
            if path.stat().st_size < _TRAILER.size:
                raise CategoryDataError(f"{path} is no category file")
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        end = len(mapping) - _TRAILER.size
        numbers_at, values_at, trailer_at, checksum, size, version, magic = _TRAILER.unpack_from(
            mapping, end
        )
        if magic != _MAGIC or trailer_at != end:
            raise CategoryDataError(f"{path} is no category file")
        if version != _VERSION or sys.byteorder != "little":
            raise CategoryDataError(f"{path} was written for another version or machine")
        view = memoryview(mapping)
        if zlib.crc32(view[:end]) != checksum:
            raise CategoryDataError(f"{path} is damaged")
        values = tuple(_category(one) for one in json.loads(bytes(view[values_at:end])))
        numbers = view[numbers_at:values_at].cast("H" if size == 2 else "I")
        trie = marisa_trie.Trie()
        trie.mmap(str(path))
        return cls(HostTable(trie, numbers, values), mapping)


def write_category_file(path: Path, sites: Iterable[tuple[str, Category]]) -> int:
    """Write sites into a file for `LargeCategorySet`; return how many there are.

    A host that comes twice has what was said last.

    Raises:
        InvalidHostError: A site is not a host name or address.
    """
    values: dict[Category, int] = {}
    numbers = {
        key_of(normalise_host(host)): values.setdefault(category, len(values))
        for host, category in sites
    }
    trie, wide = make(numbers)
    narrow = compact(wide, len(values))
    trie += bytes(-len(trie) % _ALIGNED)
    told = json.dumps([[each.ids, each.reputation] for each in values]).encode()
    if sys.byteorder != "little":
        narrow.byteswap()
    body = trie + narrow.tobytes() + told
    write_atomic(
        path,
        body
        + _TRAILER.pack(
            len(trie),
            len(body) - len(told),
            len(body),
            zlib.crc32(body),
            narrow.itemsize,
            _VERSION,
            _MAGIC,
        ),
    )
    return len(numbers)


def _category(one: list[object]) -> Category:
    ids, reputation = one
    found = next((each for each in REPUTATIONS if each == reputation), None)
    if found is None or not isinstance(ids, list):
        raise CategoryDataError(f"a category file says {one!r} of a site")
    return Category(tuple(ids), found)
