"""Web Control: the filtering proxy of one endpoint, fed with the policy in force.

- Decides alone: UTM and LiveConnect may be out of reach for months (UTM-07).
- A ring makes it look at its policy file; from then on every request is decided by the new one.
- Without a policy everything is allowed and nothing is logged.
- At the office, behind the UTM, it stands back (UTM-08): connections are handed on to the gateway's
  proxy as they are, nothing is decided or logged here, and an unreachable gateway is a 502 page.
  With switch `office_filter` = `endpoint` it filters there as elsewhere.
- Of a site that it knows nothing of it asks LiveConnect, for 300 ms at most (`categories`).
- The port stays the same over restarts, as long as nobody else has taken it.

Provenance: offline enforcement is the seed's; that Web Control is a proxy here is ours (the real
one sits in the network stack).
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from endpoint.host import HostFolder
from endpoint.logs import EndpointLog
from endpoint.outbox import NoticeIds, Outbox
from endpoint.retention import Retention
from endpoint.web_control.activity import ActivityLog
from endpoint.web_control.categories import SiteKnowledge
from endpoint.web_control.category_cache import CategoryCache
from endpoint.web_control.category_question import CategoryQuestion
from endpoint.web_control.pac import PAC_PATH, OwnPages, pac_file, pac_page
from endpoint.web_control.policy_in_force import PolicyInForce
from endpoint.web_control.standing_back import StandingBack
from foundation.categories.category import CategorySource
from foundation.categories.demo import demo_categories
from foundation.checkpoints import NO_CHECKPOINTS, Checkpoints
from foundation.durable.doorbell import Doorbell
from foundation.durable.files import write_atomic
from foundation.errors import DomainError
from foundation.net.http_server import PortInUseError
from foundation.service import Now, Service, Tasks
from foundation.webfilter.activity import Activity
from foundation.webfilter.content import evaluate_content
from foundation.webfilter.destinations import ConnectTo
from foundation.webfilter.engine_shelf import EngineShelf
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.proceed import ProceedMemory
from foundation.webfilter.proxy import FilteringProxy
from foundation.webfilter.verdict import Verdict, VerdictReason, WebRequest


def no_ports() -> frozenset[int]:
    """Refuse no port of this machine."""
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebControlOptions:
    """Options of one Web Control.

    Attributes:
        host: The address it listens on.
        port: Its port; 0 takes the one it had before, or any.
        user: Who is logged in.
        connect_to: The lab's own internet.
        refuse_ports: Ports of this machine that nobody may reach through it.
        categories: What is known of sites; None takes the demo set.
        engines: The engines of this process; None builds one for this Web Control alone.
    """

    host: str = "127.0.0.1"
    port: int = 0
    user: str = ""
    connect_to: ConnectTo = field(default_factory=dict)
    refuse_ports: Callable[[], frozenset[int]] = no_ports
    categories: CategorySource | None = None
    engines: EngineShelf | None = None


def proxy_file(host: HostFolder) -> Path:
    """Return where Web Control notes its address."""
    return host.web_control / "proxy.json"


def proxy_url_of(host: HostFolder) -> str:
    """Return the address Web Control had when it last started; empty if it never did."""
    try:
        return str(json.loads(proxy_file(host).read_bytes())["url"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return ""


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
        self._proxy = await self._start_proxy()
        url = f"http://{self._options.host}:{self._proxy.port}"
        note = {"version": 1, "url": url, "port": self._proxy.port}
        write_atomic(proxy_file(self._host), json.dumps(note).encode())
        page = pac_page(url)
        for name in {self._options.host, "localhost"}:
            self._own_pages[f"{name}:{self._proxy.port}{PAC_PATH}"] = page
        write_atomic(pac_file(self._host), page.body)
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
        """Return the verdict on a request under the policy in force.

        The file is looked at each time: the agent has reported a policy as applied as soon as it
        is there, and from then on it must hold, whether the bell was heard yet or not.
        """
        if self._in_force.is_outdated or self._standing_back.is_outdated:
            await self.load()
        if self._standing_back.is_so:
            return _of_a_dropped_connection(request)
        unknown = self._sites.noting()
        verdict = self._evaluate(request, unknown)
        if unknown.host:
            await self._sites.learn(unknown.host)
            verdict = self._evaluate(request, self._sites)
        return verdict

    def _decide_quickly(self, request: WebRequest) -> Verdict | Awaitable[Verdict]:
        """Return the verdict itself where nothing must be waited for: that spares a task."""
        is_settled = not (self._in_force.is_outdated or self._standing_back.is_outdated)
        if is_settled and not self._standing_back.is_so:
            unknown = self._sites.noting()
            verdict = self._evaluate(request, unknown)
            if not unknown.host:
                return verdict
        return self.decide(request)

    def _evaluate(self, request: WebRequest, categories: CategorySource) -> Verdict:
        engine = self._in_force.engine
        if engine is not None:
            return engine.verdict(request, categories)
        return Verdict(
            action="allow",
            reason=VerdictReason.NO_POLICY,
            url=request.url,
            host="",
            is_logged=False,
        )

    def decide_content(self, verdict: Verdict, content_type: str) -> Verdict:
        """Return the verdict once the content type is known."""
        current = self._in_force.current
        if current is None:
            return verdict
        return evaluate_content(current.policy, verdict, content_type)

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

    async def _start_proxy(self) -> FilteringProxy:
        options = self._options
        ports = [options.port] if options.port else [_port_before(self._host), 0]
        for port in ports[:-1]:
            try:
                return await self._proxy_on(port)
            except PortInUseError:
                self._log.information("WebControl", f"Port {port} is taken by another program")
        return await self._proxy_on(ports[-1])

    async def _proxy_on(self, port: int) -> FilteringProxy:
        options = self._options
        proxy = FilteringProxy(
            self._decide_quickly,
            host=options.host,
            port=port,
            on_activity=self._record,
            proceed=self._proceed,
            connect_to=options.connect_to,
            refuse_ports=options.refuse_ports,
            now=self._now,
            user=lambda: options.user,
            decide_content=self.decide_content,
            instead=self._standing_back.connection,
            own_pages=self._own_pages,
            name="Web Control",
        )
        await proxy.start()
        return proxy


def _clock_s() -> float:
    return asyncio.get_running_loop().time()


def _of_a_dropped_connection(request: WebRequest) -> Verdict:
    """Let nothing pass on a connection that was begun elsewhere; its client is being dropped."""
    return Verdict(
        action="block", reason=VerdictReason.NO_POLICY, url=request.url, host="", is_logged=False
    )


def _port_before(host: HostFolder) -> int:
    try:
        return int(json.loads(proxy_file(host).read_bytes())["port"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return 0
