"""Which files a report reads, and in which order.

* A file that is named is always read. In a folder, files count that have `.log` in their name, as
  today's logs and archives do, and of those only the ones in which a UTM's line stands.
* Files of one log are read in the order of their first stamps, so that a story goes on from an
  archive into the next file.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from utmlab.logtools.reading import ArchiveDamagedError, read_lines
from utmlab.logtools.report.heads import head_of

LOOKED_AT: Final = 200
"""Lines at the beginning of a file in which a UTM's line must stand, when a folder was named."""
_LOG_FILE: Final = re.compile(r"\.log(?:\.(?:\d+|orphan-\d+))?(?:\.gz)?$")
STANDARD_NAME: Final = re.compile(
    r"(?P<log>[a-z][a-z0-9_+-]*?)(?:-\d{4}-\d\d-\d\d(?:\.\d+)?)?\.log(?:\.\d+)?(?:\.gz)?"
)
"""How the UTM calls its files, today's and archived."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file and how it begins.

    Attributes:
        first: Its first stamp, empty when there is none among the first lines.
        size: In bytes, on this disk.
    """

    path: Path
    first: bytes
    size: int

    @property
    def is_archive(self) -> bool:
        """Whether its name is that of an archive."""
        return self.path.name.endswith(".gz")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is read, in order, and what of the named folders is not."""

    sources: tuple[Source, ...]
    skipped: tuple[Path, ...]


def choose(paths: Iterable[Path]) -> Chosen:
    """Look for logs.

    Raises:
        LogUnreadableError: when a file cannot be opened.
    """
    sources: dict[Path, Source] = {}
    skipped: list[Path] = []
    for path in paths:
        for file in _files(path) if path.is_dir() else (path,):
            source = Source(file, _first_stamp(file), file.stat().st_size)
            if source.first or file == path:
                sources[file.resolve()] = source
            else:
                skipped.append(file)
    return Chosen(tuple(sorted(sources.values(), key=_order)), tuple(skipped))


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(root) / name for name in sorted(names) if _LOG_FILE.search(name))


def _first_stamp(path: Path) -> bytes:
    try:
        for raw in islice(read_lines(path), LOOKED_AT):
            if (found := head_of(raw)) is not None:
                return found[0][1]
    except ArchiveDamagedError:
        return b""
    return b""


def _order(source: Source) -> tuple[str, bytes, str]:
    standard = STANDARD_NAME.fullmatch(source.path.name)
    log = standard["log"] if standard else source.path.name
    return log, source.first, str(source.path)
