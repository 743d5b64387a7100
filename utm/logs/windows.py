"""Windows on a log file: some lines before or behind an offset, never the whole file.

- Offsets count bytes of the text, unpacked for an archive; a line is named by where it begins.
- A line longer than `LONGEST_KEPT` is kept by its beginning and its size.
- Reading ends after `budget` bytes, so a filter that fits nothing does not read on for ever;
  `start` and `end` say what was looked at, and the next window goes on from there.
"""

import gzip
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

LONGEST_KEPT: Final = 1 << 16
BLOCK: Final = 1 << 16
DAMAGES: Final = (EOFError, gzip.BadGzipFile, zlib.error)
"""What reading a damaged archive raises."""

Fits = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line where it stands: its offset, its beginning without line feed, its whole size."""

    offset: int
    data: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Window:
    """Lines in their order, and the part of the text that was looked at: [start, end).

    `is_damaged` says that an archive ends in the middle of what was looked at.
    """

    lines: tuple[LogLine, ...]
    start: int
    end: int
    is_damaged: bool = False


def everything(_data: bytes) -> bool:
    """Fit every line."""
    return True


def lines_from(
    stream: BinaryIO, start: int, *, most: int, budget: int, fits: Fits = everything
) -> Window:
    """Return up to `most` lines that fit, from an offset on.

    Args:
        stream: Seekable; of an archive the text before `start` is unpacked and dropped.
        start: Where a line begins.
        most: Lines to return.
        budget: Bytes to look at.
        fits: Which lines to return.
    """
    found: list[LogLine] = []
    end = start
    try:
        for line, after in _forward(stream, start):
            end = after
            if fits(line.data):
                found.append(line)
            if len(found) >= most or end - start >= budget:
                break
    except DAMAGES:
        return Window(tuple(found), start, end, is_damaged=True)
    return Window(tuple(found), start, end)


def last_lines(
    stream: BinaryIO, end: int, *, most: int, budget: int, fits: Fits = everything
) -> Window:
    """Return up to `most` lines that fit, those nearest before an offset; for plain files."""
    found: deque[LogLine] = deque()
    start = end
    for line in _backward(stream, end):
        start = line.offset
        if fits(line.data):
            found.appendleft(line)
        if len(found) >= most or end - start >= budget:
            break
    return Window(tuple(found), start, end)


def last_unpacked(
    stream: BinaryIO, end: int, *, most: int, budget: int, fits: Fits = everything
) -> Window:
    """Return what `last_lines` does, for an archive: read forward once, the last lines kept."""
    kept: deque[LogLine] = deque(maxlen=most)
    first = max(0, end - budget)
    try:
        for line, after in _forward(stream, first):
            # Beginning in the middle of a line, that line is the previous window's.
            if line.offset >= end:
                break
            if (line.offset > first or first == 0) and fits(line.data):
                kept.append(line)
            if after >= end:
                break
    except DAMAGES:
        return Window(tuple(kept), first, end, is_damaged=True)
    start = kept[0].offset if len(kept) == most else first
    return Window(tuple(kept), start, end)


def line_at(stream: BinaryIO, offset: int) -> LogLine | None:
    """Return the line that begins at an offset, or None behind the end."""
    return next((line for line, _ in _forward(stream, offset)), None)


def _forward(stream: BinaryIO, start: int) -> Iterator[tuple[LogLine, int]]:
    """Yield lines and where the next one begins."""
    if stream.seek(start) != start:
        return
    offset = start
    while piece := stream.readline(LONGEST_KEPT):
        size = len(piece)
        last = piece
        while not last.endswith(b"\n") and (last := stream.readline(LONGEST_KEPT)):
            size += len(last)
        is_ended = last.endswith(b"\n")
        yield LogLine(offset, piece.removesuffix(b"\n"), size - is_ended), offset + size
        offset += size


def _backward(stream: BinaryIO, end: int) -> Iterator[LogLine]:
    """Yield lines before an offset, the nearest first."""
    position, line_end = end, end
    beginning = b""  # of the line whose start is not found yet
    while position > 0:
        block_start = max(0, position - BLOCK)
        stream.seek(block_start)
        block = stream.read(position - block_start)
        stop = len(block)
        if line_end == end and block.endswith(b"\n") and position == end:
            stop -= 1  # the line feed of the last line
        while (feed := block.rfind(b"\n", 0, stop)) >= 0:
            start = block_start + feed + 1
            data = (block[feed + 1 : stop] + beginning)[:LONGEST_KEPT]
            yield LogLine(start, data, _size(start, line_end, end, stream))
            line_end, stop, beginning = start, feed, b""
        beginning = (block[:stop] + beginning)[:LONGEST_KEPT]
        position = block_start
    if line_end > 0:
        yield LogLine(0, beginning, _size(0, line_end, end, stream))


def _size(start: int, line_end: int, end: int, stream: BinaryIO) -> int:
    """Return the size of a line without its line feed; only the last one may have none."""
    if line_end != end:
        return line_end - 1 - start
    stream.seek(line_end - 1)
    return line_end - start - (stream.read(1) == b"\n")
