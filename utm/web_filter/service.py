"""The gateway's web filter: a forward proxy that decides by the configuration in force.

- A change of the configuration holds from the next request on: an edit marks the policies as
  outdated, and the next verdict reads the configuration first.
- Who asks is known by the source address; see `clients`.
- Every exchange becomes lines of http.log; see `lines` and `http_log`.
- A configuration that cannot be compiled leaves the last good policies in force.

Provenance: that the UTM is the filter on site is the seed's (UTM-07, UTM-08); that it is asked as
a standard proxy on node http.port is documented for the appliance's standard mode.
"""

import asyncio
from collections.abc import Awaitable, Callable

from foundation.categories.demo import demo_categories
from foundation.durable.writer import Writer
from foundation.errors import DomainError
from foundation.service import Now, Service
from foundation.webfilter.activity import Activity
from foundation.webfilter.content import evaluate_content
from foundation.webfilter.proceed import ProceedMemory
from foundation.webfilter.proxy import FilteringProxy
from foundation.webfilter.verdict import Verdict, WebRequest
from utm.confd import Confd, read_snapshot
from utm.logs.catalogue import Daemon
from utm.web_filter.clients import WebClients
from utm.web_filter.http_log import HttpLog
from utm.web_filter.lines import web_lines
from utm.web_filter.options import WebFilterOptions
from utm.web_filter.policies import GatewayPolicies


class WebFilter(Service):
    """The web filter of one UTM.

    Args:
        writer: The open writer of the UTM's database.
        daemon: Who writes the lines of http.log.
        on_lines: Called after each commit that enqueued lines.
        now: The clock.
        options: See there.

    Attributes:
        trouble: Why the newest configuration is not in force; None when it is.
    """

    def __init__(
        self,
        writer: Writer,
        *,
        daemon: Daemon,
        on_lines: Callable[[], None],
        now: Now,
        options: WebFilterOptions | None = None,
    ) -> None:
        self._writer = writer
        self._daemon = daemon
        self._now = now
        self._options = options or WebFilterOptions()
        self._categories = self._options.categories or demo_categories()
        self._clients = WebClients(self._options.clients)
        self._log = HttpLog(writer, on_lines)
        self._proceed = ProceedMemory(now=now, timeout_s=self._proceed_timeout_s)
        self._policies: GatewayPolicies | None = None
        self._is_outdated = True
        self._reading = asyncio.Lock()
        self._proxy: FilteringProxy | None = None
        self.trouble: DomainError | None = None

    @property
    def port(self) -> int:
        """The proxy's port while it runs, otherwise 0."""
        return self._proxy.port if self._proxy is not None else 0

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._options.host

    async def start(self) -> None:
        """Take the configuration in force and begin to serve.

        Raises:
            PortInUseError: If the port is taken.
            WebPolicyError: If the configuration holds no policy.
        """
        await self.load()
        options = self._options
        port = options.port
        if port is None:
            port = int(await self._writer.read(lambda db: Confd(db).node("http.port")) or 0)
        proxy = FilteringProxy(
            self.decide,
            host=options.host,
            port=port,
            on_activity=self._record,
            proceed=self._proceed,
            connect_to=options.connect_to,
            refuse_ports=options.refuse_ports,
            now=self._now,
            user_of=lambda address: self._clients.of(address).user,
            decide_content=self.decide_content,
            name="the UTM's web filter",
        )
        await proxy.start()
        self._proxy = proxy
        self._log.start()

    async def stop(self) -> None:
        """Stop serving and commit the lines that wait."""
        if self._proxy is not None:
            await self._proxy.stop()
            self._proxy = None
            await self._log.stop()

    async def quiesce(self) -> None:
        """Commit the lines that wait."""
        await self._log.flush()

    async def load(self) -> None:
        """Take the configuration as it is now, if it is another one.

        Raises:
            WebPolicyError: If it holds no policy and there was none before.
        """
        async with self._reading:
            self._is_outdated = False
            known = self._policies
            number = await self._writer.read(lambda db: Confd(db).number)
            if known is not None and known.number == number:
                return
            try:
                snapshot = await self._writer.read(read_snapshot)
                loop = asyncio.get_running_loop()
                self._policies = await loop.run_in_executor(None, GatewayPolicies, snapshot)
                self.trouble = None
            except DomainError as error:
                self.trouble = error
                if known is None:
                    raise

    def configuration_changed(self) -> None:
        """Say that there may be another configuration; costs nothing."""
        self._is_outdated = True

    def decide(self, request: WebRequest) -> Verdict | Awaitable[Verdict]:
        """Return the verdict on a request under the configuration in force."""
        if not self._is_outdated and not self._reading.locked():
            engine = self._in_force.ready(self._clients.of(request.client_ip).computer)
            if engine is not None:
                return engine.verdict(request, self._categories)
        return self._decide_later(request)

    async def _decide_later(self, request: WebRequest) -> Verdict:
        await self.load()
        computer = self._clients.of(request.client_ip).computer
        loop = asyncio.get_running_loop()
        engine = await loop.run_in_executor(None, self._in_force.engine, computer)
        return engine.verdict(request, self._categories)

    def decide_content(self, verdict: Verdict, content_type: str) -> Verdict:
        """Return the verdict once the content type is known."""
        return evaluate_content(self._in_force.general, verdict, content_type)

    @property
    def _in_force(self) -> GatewayPolicies:
        if self._policies is None:
            raise RuntimeError("the web filter was not started")
        return self._policies

    def _proceed_timeout_s(self) -> float:
        return float(self._in_force.general.proceed_timeout_s)

    def _record(self, activity: Activity) -> None:
        self._log.put(activity.at, web_lines(activity, daemon=self._daemon))
