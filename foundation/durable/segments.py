"""Lines on disk in numbered files, of which the oldest go: what is kept is bounded.

- A segment is appended to until it is full; then the next begins, and the oldest over the limit
  goes.
- Only whole lines are read. A line that a killed process left half written is cut at the next
  opening.
- Nothing is synced: a kill costs nothing that was written, a power cut may cost the last lines.
- Readers need no lock: a segment that goes while it is read is passed over.
"""

import contextlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from foundation.durable.files import SECRET_MODE

_NAME = re.compile(r"(\d{8})\.jsonl")
_FOLDER_MODE = 0o700
START = (0, 0)
"""The position before the first line: number of the segment, bytes into it."""
Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SegmentLimits:
    """How much is kept: at most `most` segments of about `segment_bytes` each."""

    segment_bytes: int = 4_000_000
    most: int = 16


class Segments:
    """The writer of one folder of segments; its calls block."""

    def __init__(self, folder: Path, limits: SegmentLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._number = 0
        self._size = 0
        self._descriptor: int | None = None

    def open(self) -> None:
        """Go on with the newest segment, without the half line at its end.

        Raises:
            OSError: If the disk refuses.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
        self._begin(max(numbers(self._folder), default=1))

    def append(self, lines: Iterable[bytes]) -> None:
        """Write lines, each without its end.

        Raises:
            OSError: If the disk refuses; nothing of them is kept then.
        """
        data = b"".join(line + b"\n" for line in lines)
        if self._size and self._size + len(data) > self._limits.segment_bytes:
            self._begin(self._number + 1)
            for number in sorted(numbers(self._folder))[: -self._limits.most]:
                _path(self._folder, number).unlink(missing_ok=True)
        if self._descriptor is None:
            raise OSError("the segments are not open")
        try:
            written = 0
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += len(data)

    def close(self) -> None:
        """Close the newest segment."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _begin(self, number: int) -> None:
        path = _path(self._folder, number)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(path, flags, SECRET_MODE)
        whole = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(descriptor, whole)
        self.close()
        self._descriptor, self._number, self._size = descriptor, number, whole


def numbers(folder: Path) -> list[int]:
    """Return the numbers of the segments in a folder, ascending; none if there is no folder."""
    if not folder.is_dir():
        return []
    found = (_NAME.fullmatch(entry.name) for entry in folder.iterdir())
    return sorted(int(match[1]) for match in found if match)


def read_lines(folder: Path, after: Position = START) -> tuple[list[bytes], Position]:
    """Return the whole lines after a position, oldest first, and the position behind them."""
    lines: list[bytes] = []
    position = after
    for number in numbers(folder):
        if number < after[0]:
            continue
        offset = after[1] if number == after[0] else 0
        with (
            contextlib.suppress(FileNotFoundError),
            _path(folder, number).open("rb") as file,
        ):
            file.seek(offset)
            data = file.read()
            whole = data.rfind(b"\n") + 1
            lines += data[:whole].splitlines()
            position = (number, offset + whole)
    return lines, position


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:08d}.jsonl"
