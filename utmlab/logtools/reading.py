"""Log files as a stream of lines, plain or compressed, however large or damaged.

* A line is bytes up to a line feed; nothing is decoded here, so bytes come out as they are.
* A line that does not end is cut into pieces of `LONGEST_LINE`, so memory stays bounded.
* A damaged archive gives what can be read of it and then says so.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar, Final, cast

from foundation.errors import DomainError

LONGEST_LINE: Final = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"


class LogUnreadableError(DomainError):
    """A log file cannot be opened."""

    code: ClassVar[str] = "log_unreadable"
    hint: ClassVar[str] = "Check the path and its permissions; folders are not read."


class ArchiveDamagedError(DomainError):
    """A compressed log ends in the middle, or its check sum is wrong."""

    code: ClassVar[str] = "archive_damaged"
    hint: ClassVar[str] = "What was read up to here is good; fetch the archive again."


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line: its number from 1, its bytes without line feed, and whether it had one."""

    number: int
    data: bytes
    is_ended: bool

    @property
    def text(self) -> str:
        """The line as text; bytes that are not UTF-8 survive as surrogates."""
        return self.data.decode("utf-8", "surrogateescape")


def read_lines(path: Path) -> Iterator[RawLine]:
    """Yield the lines of a log file or an archive; what decides is the content, not the name.

    Raises:
        LogUnreadableError: when the file cannot be opened.
        ArchiveDamagedError: after the last good line of a damaged archive.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise LogUnreadableError(f"{path}: {error.strerror}") from error
    with file:
        is_packed = file.peek(2)[:2] == _GZIP_MAGIC
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if is_packed else file
        try:
            yield from split_lines(stream)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ArchiveDamagedError(f"{path}: {error}") from error


def split_lines(stream: BinaryIO) -> Iterator[RawLine]:
    """Yield the lines of an open binary stream, such as standard input."""
    number = 0
    while data := stream.readline(LONGEST_LINE):
        number += 1
        is_ended = data.endswith(b"\n")
        yield RawLine(number, data[:-1] if is_ended else data, is_ended)
