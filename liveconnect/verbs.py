"""What the roof may ask of a LiveConnect: verbs with JSON values."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from foundation.net.control import Verb
from foundation.net.journal import Journal, as_record
from foundation.observation import Observe
from foundation.protocol.commands import Command, refuse_hazard
from foundation.protocol.reasons import Reason
from foundation.service import Now
from liveconnect.clones import CloneWatch
from liveconnect.link_service.syncing import describe_endpoint
from liveconnect.push import PushHub
from liveconnect.push_saying import say
from liveconnect.refusals import NotFoundError, Refusals
from liveconnect.report_bells import ReportBells
from liveconnect.roster import Entry, Roster
from liveconnect.store.port import Store
from liveconnect.store.records import EndpointRecord
from liveconnect.superseding import Appearance, superseded


class Verbs:
    """The verbs of one running LiveConnect."""

    def __init__(
        self,
        *,
        store: Store,
        roster: Roster,
        refusals: Refusals,
        bells: ReportBells,
        journal: Journal,
        observe: Observe,
        hub: PushHub | None,
        clones: CloneWatch,
        now: Now,
    ) -> None:
        self._store = store
        self._roster = roster
        self._refusals = refusals
        self._bells = bells
        self._journal = journal
        self._observe = observe
        self._hub = hub
        self._clones = clones
        self._now = now

    def by_name(self) -> dict[str, Verb]:
        """Return every verb under its name."""
        return {
            "status": self.status,
            "observe": self.observe,
            "endpoints": self.endpoints,
            "remove_endpoint": self.remove_endpoint,
            "restore_endpoint": self.restore_endpoint,
            "send_command": self.send_command,
            "journal": self.journal,
            "timeline": self.timeline,
            "push": self.push,
            "responses": self.responses,
            "data_feeds": self.data_feeds,
            "remove_utm": self.remove_utm,
            "revoke_certificate": self.revoke_certificate,
        }

    async def status(self) -> dict[str, Any]:
        """Tell what is registered, what waits and what was refused."""
        utms = await self._store.tenants()
        return {
            "utms": [plain(asdict(utm)) for utm in utms],
            "endpoints": len(self._roster),
            "refusals": {reason.value: n for reason, n in self._refusals.counts.items()},
        }

    async def observe(self) -> dict[str, Any]:
        """Tell whether it is ready, and its numbers (`foundation.observation`)."""
        return (await self._observe()).as_record()

    async def endpoints(self, tenant: str | None = None) -> list[dict[str, Any]]:
        """List endpoints with what is assigned to them and what they reported."""
        tenants = [utm.tenant for utm in await self._store.tenants()]
        listed = []
        for owner in tenants if tenant is None else [tenant]:
            for endpoint in await self._store.endpoints(owner):
                described = describe_endpoint(endpoint)
                entry = self._roster.by_id(endpoint.endpoint_id)
                described["last_seen_at"] = _latest(endpoint, entry)
                is_listening = self._hub is not None and self._hub.is_connected(
                    endpoint.endpoint_id
                )
                described["push"] = is_listening
                described["apps"] = list(await self._store.compliance(endpoint.endpoint_id))
                cloned_at = self._clones.cloned_at(endpoint.endpoint_id)
                described["cloned_at"] = cloned_at.isoformat() if cloned_at else None
                listed.append(described)
        past = superseded(_appearance(one) for one in listed)
        return [{**one, "superseded_by": past.get(one["endpoint_id"])} for one in listed]

    async def remove_endpoint(self, endpoint_id: str) -> dict[str, Any]:
        """Refuse an endpoint from now on."""
        tenant = self._entry(endpoint_id).tenant
        endpoint = await self._store.remove_endpoint(tenant, endpoint_id, self._now())
        self._roster.put(endpoint)
        self._bells.ring(tenant)
        return describe_endpoint(endpoint)

    async def restore_endpoint(self, endpoint_id: str) -> dict[str, Any]:
        """Accept a removed endpoint again."""
        tenant = self._entry(endpoint_id).tenant
        endpoint = await self._store.restore_endpoint(tenant, endpoint_id, self._now())
        self._roster.put(endpoint)
        self._bells.ring(tenant)
        return describe_endpoint(endpoint)

    async def send_command(self, endpoint_id: str, app_id: str, body: str) -> dict[str, Any]:
        """Queue an action; one for MCS itself would put real clients out of action."""
        refuse_hazard(Command("", app_id, body, self._now()))
        tenant = self._entry(endpoint_id).tenant
        snapshot = await self._store.send_command(tenant, endpoint_id, app_id, body, self._now())
        self._roster.apply((snapshot,))
        return {"command_id": snapshot.waiting[-1].command.id}

    async def journal(self, limit: int = 1000) -> list[dict[str, Any]]:
        """Return the last exchanges since the start, oldest first; none when the journal is off."""
        kept = self._journal.entries()
        return [as_record(exchange) for exchange in kept[-limit:]]

    async def timeline(
        self, tenant: str | None = None, epoch: int | None = None, number: int | None = None
    ) -> dict[str, Any]:
        """Tell how far a changeset came; by default the newest of the first UTM."""
        utms = [
            utm for utm in await self._store.tenants() if tenant is None or utm.tenant == tenant
        ]
        if not utms:
            return {"tenant": tenant or "", "epoch": 0, "number": 0, "hops": []}
        utm = utms[0]
        found = (
            utm.changeset_epoch if epoch is None else epoch,
            utm.changeset_number if number is None else number,
        )
        hops = await self._store.timeline(utm.tenant, *found)
        return {
            "tenant": utm.tenant,
            "epoch": found[0],
            "number": found[1],
            "hops": [plain(asdict(hop)) for hop in hops],
        }

    async def responses(self, endpoint_id: str) -> list[dict[str, Any]]:
        """Return what an endpoint answered to commands."""
        entry = self._entry(endpoint_id)
        return [asdict(one) for one in await self._store.responses(entry.endpoint_id)]

    async def data_feeds(
        self, endpoint_id: str, feed_id: str | None = None
    ) -> list[dict[str, Any]]:
        """Return what an endpoint uploaded, oldest first."""
        entry = self._entry(endpoint_id)
        found = await self._store.feeds(entry.tenant, entry.endpoint_id, feed_id)
        return [plain(asdict(one)) for one in found]

    async def push(self, endpoint_id: str, what: str) -> dict[str, Any]:
        """Say something over an endpoint's push channel.

        Args:
            endpoint_id: The endpoint.
            what: `wake_up`, `commands` (all that waits, as one document), `clone_challenge`,
                `clone_detected`, `silence` (not even pings), `speak` (again), or `drop`.
        """
        entry = self._entry(endpoint_id)
        if self._hub is None:
            raise NotFoundError(Reason.PUSH_OFF, "this LiveConnect offers no push")
        if not say(self._hub, entry, what, self._now()):
            raise NotFoundError(Reason.ENDPOINT_UNKNOWN, f"{endpoint_id} is not connected for push")
        return {"endpoint_id": endpoint_id, "what": what}

    async def remove_utm(self, tenant: str) -> dict[str, Any]:
        """Refuse a UTM, its certificates and its token from now on."""
        await self._store.remove_utm(tenant, self._now())
        return {"tenant": tenant}

    async def revoke_certificate(self, serial: str) -> dict[str, Any]:
        """Refuse one certificate from now on."""
        await self._store.revoke_certificate(serial, self._now())
        return {"serial": serial}

    def _entry(self, endpoint_id: str) -> Entry:
        entry = self._roster.by_id(endpoint_id)
        if entry is None:
            raise NotFoundError(Reason.ENDPOINT_UNKNOWN, f"there is no endpoint {endpoint_id}")
        return entry


def _latest(endpoint: EndpointRecord, entry: Entry | None) -> str | None:
    """Return when an endpoint was seen: here, or by another worker that has stored it."""
    seen = [endpoint.last_seen_at, entry.last_seen if entry is not None else None]
    latest = max((each for each in seen if each is not None), default=None)
    return None if latest is None else latest.isoformat()


def _appearance(described: dict[str, Any]) -> Appearance:
    seen = described["last_seen_at"]
    return Appearance(
        tenant=described["tenant"],
        endpoint_id=described["endpoint_id"],
        computer_name=described["computer_name"],
        enrolled_at=datetime.fromisoformat(described["enrolled_at"]),
        last_seen_at=None if seen is None else datetime.fromisoformat(seen),
    )


def plain(content: dict[str, Any]) -> dict[str, Any]:
    """Return a dictionary with its times as ISO 8601 text."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in content.items()
    }
