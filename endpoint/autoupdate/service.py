"""AutoUpdate as a service: updates at the policy's interval and when it is asked.

- A request is a file with an id; it goes once its outcome lies in the outbox under the same id, so
  that a killed update is made again and reported once.
- The interval counts from the end of the last update; a configuration that changes counts at once.
- A failed update changes nothing on the host and is reported with its reason.

Provenance: the interval is the seed's (INS-05); the ALC event's form is public, its numbers other
than 0 are ours.
"""

import asyncio
from typing import Final
from xml.sax.saxutils import escape

from endpoint.autoupdate.config import AutoUpdateNotConfiguredError, load_config
from endpoint.autoupdate.updater import Updater
from endpoint.host import HostFolder
from endpoint.logs import EndpointLog
from endpoint.outbox import Notice, Outbox
from foundation.checkpoints import NO_CHECKPOINTS, Checkpoints
from foundation.durable.doorbell import Doorbell
from foundation.errors import DomainError
from foundation.protocol.names import ALC
from foundation.service import Now, Service, Tasks

_FAILED: Final = 1


class AutoUpdate(Service):
    """AutoUpdate of one host.

    Args:
        host: The machine.
        bell: Rung when there is a request or another configuration.
        persist_bell: Wakes the agent when there is an outcome.
        log: AutoUpdate's own log.
        now: The present.
        checkpoints: Named points for tests.
    """

    def __init__(
        self,
        host: HostFolder,
        *,
        bell: Doorbell,
        persist_bell: Doorbell,
        log: EndpointLog,
        now: Now,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> None:
        self._host = host
        self._bell = bell
        self._persist_bell = persist_bell
        self._log = log
        self._now = now
        self._updater = Updater(host, now=now, checkpoints=checkpoints)
        self._requests = Outbox(host.autoupdate / "Requests")
        self._outcomes = Outbox(host.autoupdate / "Events")
        self._checkpoints = checkpoints
        self._tasks = Tasks(self._failed)

    async def start(self) -> None:
        """Begin to serve requests and to count the interval."""
        self._tasks.keep(self._run, name="autoupdate")

    async def stop(self) -> None:
        """Stop; an update under way is made again after the next start."""
        await self._tasks.close()

    async def serve_requests(self) -> None:
        """Make every update that was asked for."""
        for request in self._requests.notices():
            body = await self._update()
            self._outcomes.put(Notice(id=request.id, app_id=ALC, at=self._now(), body=body))
            self._checkpoints.reach("autoupdate.after_outcome")
            self._requests.taken(request.id)
            self._persist_bell.ring()

    def _failed(self, name: str, error: BaseException) -> None:
        self._log.error("Update", f"{name} ended by {error!r} and is started again")

    async def _run(self) -> None:
        due_at_s = self._next_due_s()
        while True:
            await self.serve_requests()
            remaining_s = None if due_at_s is None else due_at_s - asyncio.get_running_loop().time()
            if remaining_s is not None and remaining_s <= 0:
                await self._update()
                due_at_s = self._next_due_s()
            elif await self._bell.wait(remaining_s):
                due_at_s = self._next_due_s()

    def _next_due_s(self) -> float | None:
        try:
            minutes = load_config(self._host).interval_minutes
        except AutoUpdateNotConfiguredError:
            return None
        return asyncio.get_running_loop().time() + minutes * 60 if minutes else None

    async def _update(self) -> str:
        try:
            update = await self._updater.update()
        except (DomainError, OSError) as error:
            self._log.error("Update", str(error))
            return alc_event(self._now().strftime("%Y%m%d %H%M%S"), _FAILED, str(error))
        word = "installed" if update.is_new else "up to date"
        self._log.information("Update", f"{update.package.name} {update.package.version} {word}")
        return alc_event(self._now().strftime("%Y%m%d %H%M%S"), 0)


def alc_event(timestamp: str, number: int, message: str = "") -> str:
    """Return the body of an ALC event; number 0 is success."""
    said = ""
    if message:
        insert = f"<insert>{escape(message)}</insert>"
        said = f"<message><message_inserts>{insert}</message_inserts></message>"
    return (
        '<event xmlns="http://www.sophos.com/EE/AUEvent" type="sophos.mgt.entityAppEvent">'
        f"<timestamp>{timestamp}</timestamp><appInfo><number>{number}</number>{said}"
        "<updateSource>Sophos</updateSource></appInfo>"
        '<entityInfo xmlns="http://www.sophos.com/EntityInfo">AGENT:WIN:1.0.0</entityInfo></event>'
    )
