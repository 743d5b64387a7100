"""Computers that poll one after the other, as LiveConnect would report it."""

import asyncio
from datetime import timedelta

from foundation.protocol.link import Report
from utm.epsecd import changesets
from utm.epsecd.intake import take_in

POLL_S = 20.0


class World:
    """A registered UTM, its computers, and what they report of a changeset."""

    def __init__(self, utm, broker) -> None:
        self.utm, self.broker = utm, broker
        self.number = 1000
        self.ids = []

    def report(self, kind, endpoint_id, at, body):
        self.number += 1
        return Report(self.number, kind, endpoint_id, at.isoformat(), body)

    async def take_in(self, reports, at):
        """Take reports in at a moment."""
        await self.utm.writer.write(lambda db: take_in(db, reports, at=at, voice=self.utm.voice))

    async def enrol(self, names):
        """Enrol computers; they enforce what there is already."""
        await self.utm.enable()
        await self.settled()
        at = self.utm.now() - timedelta(hours=1)
        reports = []
        for name in names:
            self.ids.append(f"E{len(self.ids) + 1}")
            body = {"computer_name": name, "operating_system": "Windows 10 Pro"}
            reports.append(self.report("enrolled", self.ids[-1], at, body))
        await self.take_in(reports, at)
        for endpoint_id in self.ids[-len(names) :]:
            await self.enforce(endpoint_id, -3600.0, is_told=False)

    async def edit(self, summary="Block games on the road", work=None):
        """Change what endpoints shall do, and let LiveConnect have it 41 ms later."""
        done = await self.utm.edit(summary, work or _turn_tamper_protection)
        await self.settled()
        at = self.utm.now()
        moments = [(at + timedelta(milliseconds=ms)).isoformat() for ms in (8, 41)]
        await self.utm.writer.write(
            lambda db: db.execute(
                "UPDATE epsecd_changesets SET sent_at = ?, committed_at = ? WHERE number = ?",
                [*moments, done.changeset],
            )
        )
        return done.changeset

    async def settled(self):
        """Wait until LiveConnect has the newest changeset."""

        newest = await self.utm.writer.read(changesets.newest)
        while newest is None or newest.committed_at is None:
            await asyncio.sleep(0)
            newest = await self.utm.writer.read(changesets.newest)

    async def browse(self, endpoint_id, events, at):
        """Let a computer report what was browsed."""
        bodies = [
            {"app_id": "SWC", "id": str(index), "created_at": at.isoformat(), "body": one.encode()}
            for index, one in enumerate(events)
        ]
        await self.take_in([self.report("event", endpoint_id, at, body) for body in bodies], at)

    async def enforce(self, endpoint_id, polled_s, *, is_told=True, res="Same", **details):
        """Let a computer poll, and report each policy that the newest changeset has for it."""
        newest = await self.utm.writer.read(changesets.newest)
        wanted = await self.utm.writer.read(
            lambda db: changesets.wanted(db, newest.epoch, newest.number)
        )
        known = await self.utm.writer.read(lambda db: dict(_in_force(db, endpoint_id)))
        at = self.utm.now()

        def after(seconds):
            return at + timedelta(seconds=seconds)

        reports = []
        for app, revision in wanted.on(endpoint_id).items():
            if known.get(app) == revision:
                continue
            body = {"app_id": app, "res": res, "revision": revision, "details": details}
            body |= {"created_at": after(polled_s + 0.112).isoformat()}
            if is_told:
                times = {
                    "assigned_at": 0.041,
                    "delivered_at": polled_s,
                    "fetched_at": polled_s + 0.019,
                }
                body |= {name: after(seconds).isoformat() for name, seconds in times.items()}
                body |= {"epoch": newest.epoch, "changeset": newest.number}
                body |= {"poll_interval_s": POLL_S}
            reports.append(self.report("status", endpoint_id, after(polled_s + 0.179), body))
        await self.take_in(reports, after(polled_s + 0.209))


def _turn_tamper_protection(edit):
    ref = edit.node("epp.default_endpoints_group")
    edit.change(ref, {"tamper_protection": not edit.get(ref).is_on("tamper_protection")})


def _in_force(db, endpoint_id):
    query = "SELECT app_id, revision FROM epsecd_statuses WHERE endpoint_id = ? AND res = 'Same'"
    return db.execute(query, [endpoint_id]).fetchall()
