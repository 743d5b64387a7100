"""Web Control: the filtering proxy of one endpoint, fed with the policy in force.

- Decides alone: UTM and LiveConnect may be out of reach for months (UTM-07).
- A ring makes it look at its policy file; from then on every request is decided by the new one.
- At the office, behind the UTM, it stands back (UTM-08): connections are handed on to the gateway's
  proxy as they are, nothing is decided or logged here, and an unreachable gateway is a 502 page.
  With switch `office_filter` = `endpoint` it filters there as elsewhere.
- Of a site that it knows nothing of it asks LiveConnect, for 300 ms at most (`categories`).
- HTTPS is judged by its host; with switch `endpoint_https` = `scan` it is looked into (ours: the
  real one cannot).

Provenance: offline enforcement is the seed's; that Web Control is a proxy here is ours (the real
one sits in the network stack).
"""

import asyncio
from typing import TYPE_CHECKING

from endpoint.host import HostFolder
from endpoint.logs import EndpointLog
from endpoint.outbox import NoticeIds, Outbox
from endpoint.retention import Retention
from endpoint.web_control.activity import ActivityLog
from endpoint.web_control.categories import SiteKnowledge
from endpoint.web_control.category_cache import CategoryCache
from endpoint.web_control.category_question import CategoryQuestion
from endpoint.web_control.deciding import Decisions
from endpoint.web_control.listening import announce, start_proxy
from endpoint.web_control.options import WebControlOptions
from endpoint.web_control.policy_in_force import PolicyInForce
from endpoint.web_control.standing_back import StandingBack
from foundation.categories.demo import demo_categories
from foundation.checkpoints import NO_CHECKPOINTS, Checkpoints
from foundation.durable.doorbell import Doorbell
from foundation.errors import DomainError
from foundation.service import Now, Service, Tasks
from foundation.webfilter.activity import Activity
from foundation.webfilter.authority import stored_authority
from foundation.webfilter.engine_shelf import EngineShelf
from foundation.webfilter.interception import Interception, site_trust
from foundation.webfilter.limits import Limits
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.proceed import ProceedMemory
from foundation.webfilter.proxy import FilteringProxy
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.verdict import Verdict, WebRequest

if TYPE_CHECKING:
    from endpoint.web_control.pac import OwnPages


class WebControl(Service):
    """Web Control of one host.

    Args:
        host: The machine.
        bell: Rung when there is another policy.
        persist_bell: Wakes the agent when there is activity.
        log: Web Control's own log.
        now: The present.
        options: See there.
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
        options: WebControlOptions | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> None:
        self._host = host
        self._bell = bell
        self._persist_bell = persist_bell
        self._log = log
        self._now = now
        self._options = options or WebControlOptions()
        self._checkpoints = checkpoints
        self._in_force = PolicyInForce(host, self._options.engines or EngineShelf())
        self._standing_back = StandingBack(
            host,
            log,
            policy=self._policy,
            drop_own=self._drop_clients,
            own=lambda: self._proxy.connection() if self._proxy is not None else None,
        )
        self._proceed = ProceedMemory(now=now, timeout_s=self._proceed_timeout_s)
        self._own_pages: OwnPages = {}
        self._activity: ActivityLog | None = None
        self._proxy: FilteringProxy | None = None
        self._tasks = Tasks(self._failed)
        self._cache = CategoryCache(host.web_control / "categories.jsonl", now=now, clock=_clock_s)
        self._question = CategoryQuestion(host, log=log, now=now)
        self._sites = SiteKnowledge(
            self._options.categories or demo_categories(),
            self._cache,
            self._question.ask,
            tasks=self._tasks,
            on_silence=lambda why: log.information("Categories", f"No look-up: {why}"),
        )
        self._decisions = Decisions(self._in_force, self._standing_back, self._sites, self.load)

    @property
    def port(self) -> int:
        """The proxy's port while it runs, otherwise 0."""
        return self._proxy.port if self._proxy is not None else 0

    @property
    def rev_id(self) -> str:
        """The revision in force; empty when there is none."""
        current = self._in_force.current
        return current.rev_id if current is not None else ""

    @property
    def is_standing_back(self) -> bool:
        """Whether the gateway filters at present."""
        return self._standing_back.is_so

    async def start(self) -> None:
        """Take the policy in force and begin to serve."""
        await self.load()
        self._cache.load()
        folder = self._host.web_control_activity
        ids = NoticeIds(folder, self._now)
        self._activity = ActivityLog(
            Outbox(folder), ids, self._persist_bell, retention=Retention(folder, now=self._now)
        )
        options = self._options
        self._proxy = await start_proxy(self._host, self._log, options.port, self._make_proxy)
        url = announce(self._host, options.host, self._proxy.port, self._own_pages)
        self._tasks.keep(self._watch, name="web-control")
        self._log.information("WebControl", f"Filtering on {url}")

    async def stop(self) -> None:
        """Close the proxy."""
        await self._tasks.close()
        if self._proxy is not None:
            await self._proxy.stop()
            self._proxy = None
        await self._standing_back.stop()
        await self._question.close()
        self._log.information("WebControl", "Stopped")

    async def load(self) -> None:
        """Look at the policy file, and at where the computer is."""
        await self._look_at_policy()
        self._standing_back.look_around()

    async def _look_at_policy(self) -> None:
        try:
            changed = await self._in_force.refresh()
        except (DomainError, OSError) as error:
            in_force = f"RevID={self.rev_id} stays" if self.rev_id else "nothing is"
            self._log.error("Policy", f"Refused policy.xml: {error} {in_force} in force")
            return
        if changed:
            self._checkpoints.reach("web-control.after_policy")
            self._log.information("Policy", f"RevID={self.rev_id} is in force")

    async def decide(self, request: WebRequest) -> Verdict:
        """Return the verdict on a request; the proxy need not run for that."""
        return await self._decisions.verdict_later(request)

    def _policy(self) -> WebPolicy | None:
        current = self._in_force.current
        return current.policy if current is not None else None

    def _drop_clients(self) -> None:
        if self._proxy is not None:
            self._proxy.drop_clients()

    def _proceed_timeout_s(self) -> float:
        current = self._in_force.current
        return float(current.policy.proceed_timeout_s) if current is not None else 0.0

    def _failed(self, name: str, error: BaseException) -> None:
        self._log.error("WebControl", f"{name} ended by {error!r} and is started again")

    async def _watch(self) -> None:
        while True:
            await self._bell.wait(None)
            await self.load()

    def _record(self, activity: Activity) -> None:
        if self._activity is None:
            return
        try:
            self._activity.record(activity)
            self._checkpoints.reach("web-control.after_activity_stored")
        except OSError as error:
            # A full disk must not take the browsing down with it; what was lost is said.
            self._log.error("Activity", f"An activity could not be stored: {error}")

    def _make_proxy(self, port: int) -> FilteringProxy:
        options = self._options
        ca_folder = options.scanning_ca or self._host.web_control / "https_scanning"
        return FilteringProxy(
            self._decisions.verdict,
            host=options.host,
            port=port,
            on_activity=self._record,
            proceed=self._proceed,
            connect_to=options.connect_to,
            refuse_ports=options.refuse_ports,
            now=self._now,
            user=lambda: options.user,
            decide_content=self._decisions.content_verdict,
            instead=self._standing_back.connection,
            own_pages=self._own_pages,
            name="Web Control",
            limits=Limits(tunnel_told_s=0.0),  # a killed process has let no tunnel pass untold
            interception=Interception(
                lambda: stored_authority(ca_folder, self._now),
                trust=site_trust(options.site_ca),
                now=self._now,
                covers=self._looks_into,
            ),
        )

    def _looks_into(self, _verdict: Verdict) -> bool:
        policy = self._policy()
        if policy is None or not policy.web_control:
            return False
        return SwitchBoard(policy.switches).value("endpoint_https") == "scan"


def _clock_s() -> float:
    return asyncio.get_running_loop().time()
