"""Ids that were dealt with, so that a repetition is recognised after a restart.

* Written before the thing itself is removed: whoever finds the thing gone finds its id here.
* Holds the newest ``limit`` ids; older ones are forgotten, which bounds the file.
* One process writes a ledger; others may read it, and see each addition (files are replaced whole).

Provenance: ours.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from foundation.durable.files import remove, write_atomic

_VERSION: Final = 1
_Signature = tuple[int, int, int]


class Ledger:
    """A bounded, durable set of ids in one file.

    Args:
        path: The file; missing means empty.
        limit: How many ids to remember.
    """

    def __init__(self, path: Path, *, limit: int = 1000) -> None:
        self._path = path
        self._limit = limit
        self._signature: _Signature | None = None
        self._ids: dict[str, None] = {}

    def __contains__(self, id_: str) -> bool:
        return id_ in self._read()

    def add(self, ids: Iterable[str]) -> None:
        """Remember ids; returns when they are on disk."""
        known = dict(self._read())
        for id_ in ids:
            known.pop(id_, None)
            known[id_] = None
        newest = list(known)[-self._limit :]
        document = {"version": _VERSION, "ids": newest}
        write_atomic(self._path, json.dumps(document).encode())

    def clear(self) -> None:
        """Forget everything."""
        remove(self._path)

    def _read(self) -> dict[str, None]:
        try:
            stat = self._path.stat()
            signature = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if signature != self._signature:
                self._ids = _parse(self._path.read_bytes())
                self._signature = signature
        except FileNotFoundError:
            self._ids, self._signature = {}, None
        return self._ids


def _parse(data: bytes) -> dict[str, None]:
    try:
        document = json.loads(data)
        return dict.fromkeys(str(id_) for id_ in document["ids"])
    except (ValueError, KeyError, TypeError):
        # Damaged from outside: forgetting is safe, it can only repeat work that is repeatable.
        return {}
