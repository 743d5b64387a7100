"""The MCS Agent: a service that looks into Persist whenever the bell rings.

- Needs neither the client nor the network: everything it reads and writes is on the host (MCS-06).
- One pass: policies, actions, notices, statuses. A pass may end anywhere and be done again.
- A part that fails is logged and tried at the next ring; it never ends the service, and never
  keeps the other parts from their work.

Provenance: the service is the seed's (MCS-03, MCS-08, MCS-09); its passes are ours.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.logs import EndpointLog
from endpoint.mcs_agent.actions import Actions
from endpoint.mcs_agent.adapters import ADAPTERS, Adapter
from endpoint.mcs_agent.enforcement import Enforcement
from endpoint.mcs_agent.gathering import Gathering
from endpoint.outbox import Outbox
from endpoint.retention import Retention
from foundation.checkpoints import NO_CHECKPOINTS, Checkpoints
from foundation.durable.doorbell import Doorbell
from foundation.errors import DomainError
from foundation.service import Now, Service, Tasks


class McsAgent(Service):
    """The agent of one host.

    Args:
        host: The machine.
        handover: What the client and the agent hand to each other.
        log: MCSAgent.log.
        now: The present.
        bells: App id → the bell of the component that reads that app's configuration.
        adapters: App id → adapter.
        rescan_s: Also look without a ring this often; None only looks when it rings.
        retry_s: Look again this long after a part failed.
        checkpoints: Named points for tests.
    """

    def __init__(
        self,
        host: HostFolder,
        *,
        handover: Handover,
        log: EndpointLog,
        now: Now,
        bells: Mapping[str, Doorbell] | None = None,
        adapters: Mapping[str, Adapter] = ADAPTERS,
        rescan_s: float | None = None,
        retry_s: float = 5.0,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> None:
        self._handover = handover
        self._log = log
        self._bells = dict(bells or {})
        self._rescan_s = rescan_s
        self._retry_s = retry_s
        self.enforcement = Enforcement(
            host,
            handover=handover,
            adapters=adapters,
            log=log,
            now=now,
            checkpoints=checkpoints,
        )
        self._actions = Actions(
            host, handover=handover, log=log, now=now, autoupdate_bell=self._bells.get("ALC")
        )
        outboxes = [Outbox(host.web_control_activity), Outbox(host.autoupdate / "Events")]
        self._gathering = Gathering(
            outboxes,
            handover=handover,
            retention=Retention(host.event_spool, now=now),
            checkpoints=checkpoints,
        )
        self._tasks = Tasks(self._failed)
        self._pass = asyncio.Lock()

    async def start(self) -> None:
        """Begin to watch Persist."""
        await self.load()
        self._log.information("Agent", "Sophos MCS Agent started")
        self._tasks.keep(self._watch, name="mcs-agent")

    async def stop(self) -> None:
        """Stop watching; what is under way is finished first."""
        async with self._pass:
            await self._tasks.close()
        self._log.information("Agent", "Sophos MCS Agent stopped")

    async def quiesce(self) -> None:
        """Wait until no pass is under way."""
        async with self._pass:
            return

    async def load(self) -> None:
        """Read again what is in force."""
        self.enforcement.reload()

    async def pass_once(self) -> bool:
        """Do everything that there is to do; return whether all of it worked."""
        async with self._pass:
            parts: list[Callable[[], Awaitable[None]]] = [
                self._apply_policies,
                self._act,
                self._gather,
                self._store_statuses,
            ]
            return all([await self._attempt(part) for part in parts])

    def _failed(self, name: str, error: BaseException) -> None:
        self._log.error("Agent", f"{name} ended by {error!r} and is started again")

    async def _watch(self) -> None:
        while True:
            worked = await self.pass_once()
            timeout_s = self._rescan_s if worked else self._retry_s
            await self._handover.persist_bell.wait(timeout_s)

    async def _attempt(self, part: Callable[[], Awaitable[None]]) -> bool:
        try:
            await part()
        except (OSError, DomainError) as error:
            # A full disk or a damaged file passes; the next pass does what this one could not.
            self._log.error("Agent", f"{part.__name__.strip('_')} failed: {error}")
            return False
        return True

    async def _apply_policies(self) -> None:
        for name in self.enforcement.changed_files():
            app_id = self.enforcement.deal_with(name)
            if app_id in self._bells:
                self._bells[app_id].ring()
            await asyncio.sleep(0)

    async def _act(self) -> None:
        self._actions.act()

    async def _gather(self) -> None:
        dropped = self._gathering.dropped
        carried = await self._gathering.gather()
        dropped = self._gathering.dropped - dropped
        if dropped:
            self._log.warning("Notices", f"Dropped {dropped} event(s): two months old, or too many")
        if carried:
            self._log.debug("Notices", f"Stored {carried} event(s) for sending")

    async def _store_statuses(self) -> None:
        self.enforcement.store_statuses()
