"""Sending statuses: the agent's from the spool, and the client's own.

* Only what changed is sent; a status leaves the spool after a 200, or when LiveConnect has the
  same one already.
* The client's own are AGENT (the computer) and APPSPROXY (the registered apps).
* A status that can never be sent (too large, or a script) is logged and removed.

Provenance: mcs-protocol.md 1.5, 2.4 (public).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from endpoint.handover import Handover, StoredStatus, status_digest
from endpoint.identity import Identity
from endpoint.logs import EndpointLog
from endpoint.mcs_client.calls import McsCalls
from endpoint.mcs_client.computer import Computer, describe
from endpoint.mcs_client.settings import SettingsSource
from endpoint.mcs_client.status_cache import SentStatus, StatusCache
from foundation.checkpoints import Checkpoints
from foundation.protocol.bodies import DocumentTooLargeError, ScriptRefusedError
from foundation.protocol.names import AGENT, APPSPROXY, POLICY_APPS
from foundation.protocol.statuses import (
    Status,
    encode_registered_applications,
    encode_statuses,
)
from foundation.protocol.timestamps import DEFAULT_TTL_S
from foundation.service import Now


class StatusSending:
    """Sends the statuses of one host."""

    def __init__(
        self,
        handover: Handover,
        calls: McsCalls,
        *,
        cache: StatusCache,
        computer: Computer,
        settings: SettingsSource,
        latency_s: float,
        log: EndpointLog,
        now: Now,
        checkpoints: Checkpoints,
    ) -> None:
        self._handover = handover
        self._calls = calls
        self._cache = cache
        self._computer = computer
        self._settings = settings
        self._latency_s = latency_s
        self._log = log
        self._now = now
        self._checkpoints = checkpoints
        self._waiting_since_s: float | None = None
        self._facts: tuple[str, str] | None = None
        self._own_digests: dict[str, str] = {}
        self.sent = 0

    def due_at_s(self, now_s: float, identity: Identity) -> float | None:
        """When the statuses that wait are due; None when nothing changed."""
        if not self._changed(identity):
            self._waiting_since_s = None
            return None
        if self._waiting_since_s is None:
            self._waiting_since_s = now_s
        return self._waiting_since_s + self._latency_s

    async def send(self, identity: Identity) -> None:
        """Send what changed.

        Raises:
            McsCallFailedError: What was not acknowledged waits on.
        """
        changed = self._changed(identity)
        if changed:
            await self._send(identity, changed)
        self._waiting_since_s = None

    def _changed(self, identity: Identity) -> tuple[StoredStatus, ...]:
        now, endpoint_id = self._now(), identity.endpoint_id
        changed = {status.app_id: status for status in self._own(identity, now)}
        for status in self._handover.statuses():
            if self._cache.has(status.app_id, status.digest, endpoint_id=endpoint_id, now=now):
                self._handover.status_sent(status.app_id, status.digest)
            else:
                changed[status.app_id] = status
        for sent in self._cache.stale(endpoint_id=endpoint_id, now=now):
            again = StoredStatus(sent.app_id, sent.body, sent.at, status_digest(sent.body))
            changed.setdefault(sent.app_id, again)
        return tuple(changed.values())

    def _own(self, identity: Identity, now: datetime) -> Iterable[StoredStatus]:
        """The client's own that LiveConnect does not have."""
        settings = self._settings.current()
        facts = (settings.device_id, settings.tenant_id)
        if facts != self._facts:
            # Looked at before and after every poll: what they say is worked out once.
            bodies = self._own_bodies(now, *facts)
            self._own_digests = {app_id: status_digest(body) for app_id, body in bodies.items()}
            self._facts = facts
        for app_id, digest in self._own_digests.items():
            if not self._cache.has(app_id, digest, endpoint_id=identity.endpoint_id, now=now):
                yield StoredStatus(app_id, self._own_bodies(now, *facts)[app_id], now, digest)

    def _own_bodies(self, now: datetime, device_id: str, tenant_id: str) -> dict[str, str]:
        computer = describe(self._computer, now, device_id=device_id, tenant_id=tenant_id)
        return {
            AGENT: computer.encode().decode(),
            APPSPROXY: encode_registered_applications(POLICY_APPS),
        }

    async def _send(self, identity: Identity, statuses: Sequence[StoredStatus]) -> None:
        try:
            document = encode_statuses(
                Status(status.app_id, status.at, DEFAULT_TTL_S, status.body) for status in statuses
            )
        except (DocumentTooLargeError, ScriptRefusedError) as error:
            await self._send_apart(identity, statuses, error)
            return
        self._checkpoints.reach("client.before_status_sent")
        await self._calls.put_statuses(identity, document)
        self._checkpoints.reach("client.after_status_sent")
        for status in statuses:
            self._sent(identity, status)
        self.sent += len(statuses)
        names = ", ".join(status.app_id for status in statuses)
        self._log.debug("StatusSender", f"Sent status of {names}")

    async def _send_apart(
        self, identity: Identity, statuses: Sequence[StoredStatus], error: Exception
    ) -> None:
        if len(statuses) == 1:
            self._log.error("StatusSender", f"Dropped a status of {statuses[0].app_id}: {error}")
            # Counts as sent, otherwise it would be tried for ever; the next change is tried again.
            self._sent(identity, statuses[0])
            return
        half = len(statuses) // 2
        await self._send(identity, statuses[:half])
        await self._send(identity, statuses[half:])

    def _sent(self, identity: Identity, status: StoredStatus) -> None:
        # Recorded before it is removed: a crash in between sends nothing a second time.
        self._cache.record(
            SentStatus(
                status.app_id, status.body, status.at, identity.endpoint_id, sent_at=self._now()
            )
        )
        self._handover.status_sent(status.app_id, status.digest)
