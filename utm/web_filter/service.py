"""The gateway's web filter: a forward proxy that decides by the configuration in force.

- A change of the configuration holds from the next request on: an edit marks the policies as
  outdated, and the next verdict reads the configuration first.
- Who asks is known by the source address; see `clients`.
- Every exchange becomes lines of http.log; see `lines` and `http_log`.
- HTTPS is filtered by its host, looked into or left alone, as the profile that decides says.
- A configuration that cannot be compiled leaves the last good policies in force.

Provenance: that the UTM is the filter on site is the seed's (UTM-07, UTM-08); that it is asked as
a standard proxy on node http.port is documented for the appliance's standard mode, as are the four
ways to treat HTTPS.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from foundation.categories.demo import demo_categories
from foundation.durable.writer import Writer
from foundation.errors import DomainError
from foundation.net.http_server import PortInUseError
from foundation.service import Now, Service
from foundation.webfilter.activity import Activity
from foundation.webfilter.authority import stored_authority
from foundation.webfilter.decrypted import is_decrypted
from foundation.webfilter.interception import Interception, site_trust
from foundation.webfilter.proceed import ProceedMemory
from foundation.webfilter.proxy import FilteringProxy
from foundation.webfilter.verdict import Verdict, WebRequest
from utm.confd import Confd, read_snapshot
from utm.logs.catalogue import Daemon
from utm.web_filter.clients import WebClients
from utm.web_filter.http_log import HttpLog
from utm.web_filter.lines import web_lines
from utm.web_filter.listening import NAME, check_free, gateway_note, wanted_port, write_note
from utm.web_filter.options import WebFilterOptions
from utm.web_filter.policies import GatewayPolicies
from utm.web_policy import left_alone


class WebFilter(Service):
    """The web filter of one UTM.

    Args:
        writer: The open writer of the UTM's database.
        daemon: Who writes the lines of http.log.
        on_lines: Called after each commit that enqueued lines.
        now: The clock.
        folder: The UTM's; the note on where the proxy is lies there.
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
        folder: Path,
        options: WebFilterOptions | None = None,
    ) -> None:
        self._writer = writer
        self._daemon = daemon
        self._now = now
        self._options = options or WebFilterOptions()
        self._note = gateway_note(folder)
        self._ca_folder = self._options.scanning_ca or folder / "https_scanning"
        self._categories = self._options.categories or demo_categories()
        self._clients = WebClients(self._options.clients)
        self._log = HttpLog(writer, on_lines)
        self._proceed = ProceedMemory(now=now, timeout_s=self._proceed_timeout_s)
        self._policies: GatewayPolicies | None = None
        self._is_outdated = True
        self._is_port_changed = False
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
        proxy = FilteringProxy(
            self.decide,
            host=options.host,
            port=await self._wanted_port(),
            on_activity=self._record,
            proceed=self._proceed,
            connect_to=options.connect_to,
            refuse_ports=options.refuse_ports,
            now=self._now,
            user_of=lambda address: self._clients.of(address).user,
            decide_content=self.decide_content,
            name=NAME,
            interception=Interception(
                lambda: stored_authority(self._ca_folder, self._now),
                trust=site_trust(options.site_ca),
                now=self._now,
                covers=lambda verdict: self._in_force.https_of(verdict).scans(verdict),
            ),
        )
        await proxy.start()
        self._proxy = proxy
        write_note(self._note, options.host, proxy.port)
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

    def check(self, edit: Confd) -> None:
        """Refuse an edit, in its transaction, whose port is taken.

        Raises:
            PortInUseError: If somebody else listens there.
        """
        port = wanted_port(edit, self._options.port)
        if self._proxy is not None and port not in (0, self.port):
            check_free(self.host, port)
            self._is_port_changed = True

    async def follow_port(self) -> None:
        """Listen where the configuration says; a port that cannot be had leaves the old one."""
        if not self._is_port_changed or self._proxy is None:
            return
        self._is_port_changed = False
        port = await self._wanted_port()
        if port in (0, self.port):
            return
        try:
            await self._proxy.move_to(port)
        except PortInUseError as error:  # taken since the check
            self.trouble = error
            return
        write_note(self._note, self.host, port)

    async def _wanted_port(self) -> int:
        return await self._writer.read(lambda db: wanted_port(Confd(db), self._options.port))

    def decide(self, request: WebRequest) -> Verdict | Awaitable[Verdict]:
        """Return the verdict on a request under the configuration in force."""
        if not self._is_outdated and not self._reading.locked():
            computer = self._clients.of(request.client_ip).computer
            engine = self._in_force.ready(computer, is_decrypted=is_decrypted(request))
            if engine is not None:
                return self._judged(engine.verdict(request, self._categories), request)
        return self._decide_later(request)

    async def _decide_later(self, request: WebRequest) -> Verdict:
        await self.load()
        computer = self._clients.of(request.client_ip).computer
        make = partial(self._in_force.engine, computer, is_decrypted=is_decrypted(request))
        engine = await asyncio.get_running_loop().run_in_executor(None, make)
        return self._judged(engine.verdict(request, self._categories), request)

    def _judged(self, verdict: Verdict, request: WebRequest) -> Verdict:
        """Let a CONNECT pass whose profile leaves HTTPS alone."""
        if request.method != "CONNECT" or not self._in_force.https_of(verdict).is_off:
            return verdict
        return left_alone(verdict, self._in_force.general)

    def decide_content(self, verdict: Verdict, content_type: str) -> Verdict:
        """Return the verdict once the content type is known."""
        return self._in_force.content.verdict(verdict, content_type)

    @property
    def _in_force(self) -> GatewayPolicies:
        if self._policies is None:
            raise RuntimeError("the web filter was not started")
        return self._policies

    def _proceed_timeout_s(self) -> float:
        return float(self._in_force.general.proceed_timeout_s)

    def _record(self, activity: Activity) -> None:
        self._log.put(activity.at, web_lines(activity, daemon=self._daemon))
