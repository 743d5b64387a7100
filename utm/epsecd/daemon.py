"""epsecd itself: pushes the newest changeset, holds one request for reports, says what happened.

- Two loops over one link. The push loop sends the newest changeset that LiveConnect has not
  confirmed; the report loop takes reports in and then acknowledges them.
- Large policies go in pieces (`foundation.protocol.pieces`): LiveConnect names those it lacks, and
  only they are sent.
- Before 4233 is written LiveConnect must have answered on this connection: a link that is down
  writes no 4233. The line and the mark that it was sent are one transaction, so a changeset has
  one line however often it is sent again.
- A link that is lost is tried again after a growing pause; when it was lost is stored, for
  whoever asks what waits.
- A disk that refuses, here or at LiveConnect, is waited out the same way: what was not stored was
  not acknowledged, and comes again.
- LiveConnect is asked what it holds whenever the link begins or comes back: what it forgot (its
  data was lost or restored) is sent again, without a second 4233.
- When it holds something that this UTM never sent, or does not know this UTM, one of the two was
  restored: the UTM registers again, which raises the epoch. So a number means one thing only, also
  when a restored UTM has given more numbers meanwhile than LiveConnect knows.
"""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from sqlite_utils import Database

from foundation.checkpoints import Checkpoints
from foundation.durable.writer import Writer
from foundation.errors import DomainError
from foundation.operations_log import OperationsLog
from foundation.protocol.link import LinkDocumentMalformedError, Report
from foundation.protocol.reasons import Reason
from foundation.service import Now, Service, Tasks
from utm.epsecd import changesets
from utm.epsecd.changesets import StoredChangeset
from utm.epsecd.compliance import settle_all
from utm.epsecd.intake import take_in
from utm.epsecd.voice import Voice
from utm.link_client import LinkClient, LinkDownError, LinkRefusedError

HOLD_S = 30.0
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 20.0
LINK_TROUBLE = (LinkDownError, LinkRefusedError, LinkDocumentMalformedError)
SERVER_ERROR = 500
_OUTDATED = frozenset({Reason.CHANGESET_STALE.value, Reason.CERTIFICATE_UNKNOWN.value})
"""Refusals that only a new registration ends."""


class Epsecd(Service):
    """The daemon of a registered UTM.

    Args:
        writer: The open writer of the UTM's database.
        link: The registered link to LiveConnect.
        voice: Who writes the lines.
        operations: The log of what this UTM did.
        on_lines: Called after each commit that enqueued lines.
        on_outdated: Called when only a new registration helps.
        now: The clock.
        rng: Spreads the pauses.
        checkpoints: Where a test may end the process.
    """

    def __init__(
        self,
        *,
        writer: Writer,
        link: LinkClient,
        voice: Voice,
        operations: OperationsLog,
        on_lines: Callable[[], None],
        on_outdated: Callable[[], None],
        now: Now,
        rng: random.Random,
        checkpoints: Checkpoints,
    ) -> None:
        self._writer = writer
        self._link = link
        self._voice = voice
        self._operations = operations
        self._on_lines = on_lines
        self._on_outdated = on_outdated
        self._now = now
        self._rng = rng
        self._checkpoints = checkpoints
        self._changed = asyncio.Event()
        self._is_unsure = True  # whether LiveConnect may have forgotten what it confirmed
        self._tasks = Tasks(operations.failed)

    @property
    def link(self) -> LinkClient:
        """The link, for requests that an administrator asks for."""
        return self._link

    async def start(self) -> None:
        """Begin both loops."""
        self._tasks.keep(lambda: self._repeat(self._push_newest), name="epsecd push")
        self._tasks.keep(lambda: self._repeat(self._take_reports), name="epsecd reports")

    async def stop(self) -> None:
        """End both loops and close the link."""
        await self._tasks.close()
        await self._link.close()

    def wake(self) -> None:
        """Look for a changeset to push."""
        self._changed.set()

    async def _repeat(self, step: Callable[[], Awaitable[None]]) -> None:
        pause = FIRST_PAUSE_S
        while True:
            if await self._succeeds(step):
                pause = FIRST_PAUSE_S
            else:
                await asyncio.sleep(pause * self._rng.uniform(0.5, 1.0))
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _succeeds(self, step: Callable[[], Awaitable[None]]) -> bool:
        try:
            try:
                await step()
            except LINK_TROUBLE as error:
                await self._link_lost(error)
                return False
        except sqlite3.OperationalError:
            return False
        return True

    async def _push_newest(self) -> None:
        self._changed.clear()
        newest = await self._writer.read(changesets.newest)
        if newest is None or not (newest.is_waiting or self._is_unsure):
            await self._changed.wait()
            return
        try:
            await self._push(newest)
        except LinkRefusedError as error:
            if error.status >= SERVER_ERROR:  # its own trouble, which passes
                raise
            await self._refused(newest, error)
            await self._changed.wait()

    async def _push(self, changeset: StoredChangeset) -> None:
        epoch, number = changeset.epoch, changeset.number
        held = await self._link.latest_changeset()
        await self._link_restored()
        self._is_unsure = False
        sent = await self._writer.read(lambda db: changesets.last_sent(db, epoch))
        if held > (epoch, sent):
            self._on_outdated()
            await self._changed.wait()
            return
        if held == (epoch, number) and not changeset.is_waiting:
            return
        await self._commit(lambda db, at: self._say_sent(db, changeset, at))
        self._checkpoints.reach("utm.after_4233")
        # Also when it holds that number: only the document tells whether it is the same one.
        document = await self._writer.read(lambda db: changesets.document(db, epoch, number))
        try:
            await self._link.push(epoch, number, document)
        except LinkRefusedError as error:
            if error.reason != Reason.PARTS_MISSING.value:
                raise
            await self._send_parts(error.missing)
            await self._link.push(epoch, number, document)
        self._checkpoints.reach("utm.after_push")
        await self._commit(lambda db, at: self._say_accepted(db, changeset, at))
        self._operations.record("changeset_accepted", changeset=f"{epoch}/{number}")

    async def _send_parts(self, missing: Sequence[str]) -> None:
        """Send the pieces of large policies that LiveConnect lacks."""
        for digest in missing:
            body = await self._writer.read(partial(changesets.part, digest=digest))
            if body is not None:  # otherwise a newer changeset has taken this one's place
                await self._link.put_part(digest, body)

    def _say_sent(self, db: Database, changeset: StoredChangeset, at: datetime) -> None:
        if changesets.mark_sent(db, changeset.epoch, changeset.number, at):
            self._voice.changeset_sent(db, at)

    def _say_accepted(self, db: Database, changeset: StoredChangeset, at: datetime) -> None:
        changesets.mark_committed(db, changeset.epoch, changeset.number, at)
        settle_all(db)
        wanted = changesets.wanted(db, changeset.epoch, changeset.number)
        policies = sum(len(revisions) for revisions in wanted.groups.values())
        values = {"changeset": str(changeset.number), "policies": str(policies)}
        self._voice.also(db, "changeset_accepted", at, values)

    async def _take_reports(self) -> None:
        reports = await self._link.take_reports(HOLD_S)
        await self._link_restored()
        if reports:
            await self._take_in(reports)

    async def _take_in(self, reports: tuple[Report, ...]) -> None:
        await self._commit(lambda db, at: take_in(db, reports, at=at, voice=self._voice))
        self._checkpoints.reach("utm.after_intake")
        await self._link.acknowledge(tuple(report.number for report in reports))
        self._checkpoints.reach("utm.after_acknowledge")

    async def _link_lost(self, error: DomainError) -> None:
        reason = str(error)

        def record(db: Database, at: datetime) -> None:
            row = {"id": 1, "down_since": at.isoformat(), "reason": reason}
            if down_since(db) is None:
                db.table("epsecd_link").insert(row)
                self._voice.also(db, "link_lost", at, {"reason": reason})

        if await self._writer.read(down_since) is None:
            self._is_unsure = True
            self.wake()
            await self._commit(record)
            self._operations.record("link_lost", sentence=reason)

    async def _link_restored(self) -> None:
        if await self._writer.read(down_since) is None:
            return

        def record(db: Database, at: datetime) -> None:
            since = down_since(db)
            if since is not None:
                seconds = (at - datetime.fromisoformat(since)).total_seconds()
                db.execute("DELETE FROM epsecd_link")
                self._voice.also(db, "link_restored", at, {"seconds": f"{max(seconds, 0):.0f}"})

        await self._commit(record)
        self._operations.record("link_restored")

    async def _refused(self, changeset: StoredChangeset, error: LinkRefusedError) -> None:
        if error.reason in _OUTDATED:
            self._on_outdated()
        values = {"changeset": str(changeset.number), "reason": f"{error.reason}: {error}"}
        self._operations.record("changeset_refused", **values)
        await self._commit(lambda db, at: self._voice.also(db, "changeset_refused", at, values))

    async def _commit(self, work: Callable[[Database, datetime], object]) -> None:
        at = self._now()
        await self._writer.write(lambda db: work(db, at))
        self._on_lines()


def down_since(db: Database) -> str | None:
    """Return since when the link is down, as ISO 8601 in UTC; None while it is up."""
    row = db.execute("SELECT down_since FROM epsecd_link").fetchone()
    return row[0] if row else None
