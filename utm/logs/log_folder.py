"""The folder of logs: each step takes files and rows from one consistent state to the next.

* Order of a write: bytes at the committed offset, fsync, then one commit of (file, offset,
  sequence) that drops the lines. A kill before the commit leaves uncommitted bytes, which are
  cut off and written again; a kill after it leaves nothing to do.
* Rotation: commit `archiving` with the archive's name, write the archive, commit `archived`
  together with the row of the next file, put an empty file in the place. Each step may be
  repeated, and nothing is appended between the first and the last.
* An archive is never written over by another one: a second of the same day gets a number.
* Clearing commits offset 0 together with whatever tells of it, then cuts the file; a kill between
  the two leaves bytes that no row knows, which are cut off at the next start.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from foundation.checkpoints import Checkpoints
from foundation.durable.writer import Writer
from utm.logs import files, spool
from utm.logs.midnight import lines_of_day, local_day
from utm.logs.spool import FileRow, SpooledLine
from utm.logs.views import LOG_VIEWS, archive_path, log_path

T = TypeVar("T")

LINES_IN_A_BATCH = 2000

OnWritten = Callable[[str, Sequence[bytes]], None]
"""Hears of the log and its lines that are durable in the file; returns at once."""


def nobody(_log: str, _lines: Sequence[bytes]) -> None:
    """Tell nobody what was written."""


class LogFolder:
    """The files of a UTM's logs together with their rows; used by one task at a time."""

    def __init__(
        self,
        writer: Writer,
        path: Path,
        *,
        zone: ZoneInfo,
        checkpoints: Checkpoints,
        on_written: OnWritten = nobody,
    ) -> None:
        self.path = path
        self._on_written = on_written
        self._writer = writer
        self._zone = zone
        self._checkpoints = checkpoints

    async def settle(self, today: date) -> None:
        """Bring every file to what is committed, and set aside what no row knows."""
        rows = await self._writer.read(spool.current_files)
        for log in {view.log for view in LOG_VIEWS} - {row.log for row in rows}:
            await _off_loop(files.set_aside, log_path(self.path, log))
        for row in rows:
            if row.state == "archiving":
                await self._archive(row, today)
            else:
                await self._settle_file(row)

    async def write_waiting(self) -> None:
        """Write the spool into the files until it is empty."""
        while logs := await self._writer.read(spool.waiting_logs):
            for log in logs:
                await self._write_batch(log)

    async def rotate_before(self, today: date) -> None:
        """Archive what files of days before `today` hold."""
        for row in await self._writer.read(spool.current_files):
            if row.day < today and row.offset > 0:
                await self._turn_to(row, today)

    async def clear(self, log: str, tell: Callable[[Database], None]) -> None:
        """Empty the file of a log; `tell` works in the same transaction."""
        row = await self._writer.read(lambda db: spool.current_file(db, log))
        if row is not None and row.state == "archiving":
            row = await self._archive(row, row.day)

        def begin_anew(db: Database) -> None:
            if row is not None:
                spool.restart_file(db, row)
            tell(db)

        await self._writer.write(begin_anew)
        if row is not None:
            await self._settle_file(replace(row, offset=0))

    async def _write_batch(self, log: str) -> None:
        row, lines = await self._writer.read(
            lambda db: (spool.current_file(db, log), spool.waiting_lines(db, log, LINES_IN_A_BATCH))
        )
        first_day = local_day(lines[0].at, self._zone)
        if row is None:
            await _off_loop(files.set_aside, log_path(self.path, log))
            row = await self._writer.write(lambda db: spool.begin_file(db, log, first_day))
        if row.state == "archiving" or row.day < first_day:
            row = await self._turn_to(row, first_day)
        await self._append(row, lines_of_day(lines, row.day, self._zone))

    async def _append(self, row: FileRow, lines: Sequence[SpooledLine]) -> None:
        offset = await self._settle_file(row)
        data = b"".join(line.data for line in lines)
        path = log_path(self.path, row.log)
        await _off_loop(files.append, path, offset, data, self._checkpoints)
        end, sequence = offset + len(data), lines[-1].sequence
        await self._writer.write(lambda db: spool.commit_written(db, row, end, sequence))
        self._checkpoints.reach("utm.appender_after_commit")
        self._on_written(row.log, [line.data for line in lines])

    async def _settle_file(self, row: FileRow) -> int:
        """Bring one file to its committed offset; returns the offset to go on at."""
        settled = await _off_loop(files.settle, log_path(self.path, row.log), row.offset)
        if row.offset == 0 or settled in {"whole", "cut"}:
            return row.offset
        await self._writer.write(lambda db: spool.restart_file(db, row))
        return 0

    async def _turn_to(self, row: FileRow, day: date) -> FileRow:
        """Make `day` the day of the log's file; what an earlier day wrote is archived."""
        if row.state == "archiving":
            return await self._archive(row, day)
        if await self._settle_file(row) == 0:  # nothing written, or lost: nothing to archive
            return await self._writer.write(lambda db: spool.change_day(db, row, day))
        target = self._free_archive(row)
        archiving = await self._writer.write(lambda db: spool.begin_archiving(db, row, target))
        self._checkpoints.reach("utm.rotation_begun")
        return await self._archive(archiving, day)

    async def _archive(self, row: FileRow, next_day: date) -> FileRow:
        path, target = log_path(self.path, row.log), self.path / row.archive
        if await _off_loop(files.holds, path, row.offset):
            await _off_loop(files.archive, path, row.offset, target)
        else:  # somebody cleared the file: what it still holds is set aside, not archived
            await _off_loop(files.set_aside, path)
        self._checkpoints.reach("utm.rotation_after_archive")
        day = max(next_day, row.day)
        begun = await self._writer.write(lambda db: spool.commit_archived(db, row, day))
        self._checkpoints.reach("utm.rotation_after_commit")
        await _off_loop(files.begin, path)
        return begun

    def _free_archive(self, row: FileRow) -> str:
        number = 1
        while (path := archive_path(self.path, row.log, row.day, number)).exists():
            number += 1
        return str(path.relative_to(self.path))


async def _off_loop(work: Callable[..., T], *arguments: object) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)
