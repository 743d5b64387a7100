"""Following a log as it grows, over its rotation too.

- Whole lines only; what a rotated file still held is shown before the new one begins.

Provenance: ours.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

LOOK_EVERY_S = 0.2


def last_lines(path: Path, count: int) -> tuple[list[bytes], int]:
    """Return the last lines of a file with their line ends, and how far it was read.

    A missing file has no lines; a last line that has not ended is left for later.
    """
    if not path.exists():
        return [], 0
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    return (whole.splitlines(keepends=True)[-count:] if count else []), len(whole)


async def follow(path: Path, offset: int) -> AsyncIterator[bytes]:
    """Yield the lines that are added after `offset`, until cancelled."""
    with contextlib.ExitStack() as opened:
        file: BinaryIO | None = None
        rest = b""
        while True:
            if file is None and path.exists():
                file = opened.enter_context(path.open("rb"))
                file.seek(offset)
            while file is not None and (line := file.readline()):
                rest += line
                if rest.endswith(b"\n"):
                    yield rest
                    rest = b""
            if file is not None and _is_replaced(file, path):
                file.close()
                file, offset = None, 0
                continue
            await asyncio.sleep(LOOK_EVERY_S)


def _is_replaced(file: BinaryIO, path: Path) -> bool:
    """Whether another file stands under the name now, or this one was cut short."""
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    opened = os.fstat(file.fileno())
    return (now.st_ino, now.st_dev) != (opened.st_ino, opened.st_dev) or (now.st_size < file.tell())
