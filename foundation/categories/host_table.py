"""Very many hosts with a value each, in a twentieth of a dictionary's memory.

- A marisa trie of the hosts read backwards, and beside it one number per host into the few distinct
  values. Looking a host up finds all its listed parents in one call.
- Hosts are taken as they are: normalise them first.
- `made_apart` builds in another process, because building a trie of a million hosts keeps this
  one's interpreter for a second. It blocks: call it in an executor.

Provenance: ours; the structure was chosen by measurement.
"""

import array
import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, Generic, Self, TypeAlias, TypeVar

import marisa_trie

from foundation.categories import trie_maker
from foundation.categories.trie_maker import key_of
from foundation.errors import DomainError
from foundation.pace import paced

V = TypeVar("V")
Numbers: TypeAlias = "memoryview | array.array[int]"

_FEW_VALUES: Final = 0xFFFF


class HostTableNotMadeError(DomainError):
    """The process that builds a large table failed."""

    code = "host_table_not_made"
    hint = "There may not be enough memory for it."


class HostTable(Generic[V]):
    """Values by host.

    Args:
        trie: The hosts' keys.
        numbers: For each id of the trie, the place of its value.
        values: The distinct values.
    """

    def __init__(self, trie: Any, numbers: Numbers, values: tuple[V, ...]) -> None:
        self._trie = trie
        self._prefixes = trie.iter_prefixes_with_ids
        self._numbers = numbers
        self._values = values

    def __len__(self) -> int:
        return len(self._trie)

    def hosts(self) -> Iterator[str]:
        """Return the hosts, in the trie's order."""
        return (key[-2::-1] for key in self._trie.iterkeys())

    def get(self, host: str, /) -> V | None:
        """Return the value of exactly this host."""
        id_ = self._trie.get(key_of(host))
        return None if id_ is None else self._values[self._numbers[id_]]

    def nearest(self, host: str) -> V | None:
        """Return the value of the host or of its nearest listed parent."""
        found = -1
        for _, found in self._prefixes(host[::-1] + "."):  # noqa: B007 - the last one is wanted
            pass
        return None if found < 0 else self._values[self._numbers[found]]

    def all(self, host: str) -> list[V]:
        """Return the values of the host and of all its listed parents, farthest first."""
        values, numbers = self._values, self._numbers
        return [values[numbers[id_]] for _, id_ in self._prefixes(host[::-1] + ".")]

    @classmethod
    def made_apart(cls, hosts: Mapping[str, V]) -> Self:
        """Build the table in another process, while this one goes on.

        Raises:
            HostTableNotMadeError: The other process failed.
        """
        pipe = subprocess.PIPE
        command = (sys.executable, "-P", str(Path(trie_maker.__file__)))
        values: dict[V, int] = {}
        with subprocess.Popen(command, stdin=pipe, stdout=pipe) as maker:  # noqa: S603 - our own
            with contextlib.suppress(BrokenPipeError):
                _write(maker.stdin, hosts, values)
            answer = maker.stdout.read() if maker.stdout is not None else b""
        start = trie_maker.LENGTHS.size
        if maker.returncode or len(answer) < start:
            raise HostTableNotMadeError(f"building a table of {len(hosts)} hosts failed")
        middle = start + trie_maker.LENGTHS.unpack_from(answer)[0]
        trie = marisa_trie.Trie().frombytes(answer[start:middle])
        return cls(trie, compact(answer[middle:], len(values)), tuple(values))


def compact(numbers: bytes, values: int) -> "array.array[int]":
    """Return numbers as `trie_maker` writes them, in as few bytes as they need."""
    wide = array.array(trie_maker.NUMBERS, numbers)
    return array.array("H", wide) if values <= _FEW_VALUES else wide


def _write(stdin: IO[bytes] | None, hosts: Mapping[str, V], values: dict[V, int]) -> None:
    if stdin is None:
        return
    with stdin:
        for host, value in paced(hosts.items()):
            number = values.setdefault(value, len(values))
            stdin.write(f"{key_of(host)}\t{number}\n".encode())
