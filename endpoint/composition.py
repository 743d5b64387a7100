"""How the parts of one endpoint are put together, once for tasks and processes.

- Everything that a part needs is handed to it; nothing is looked up anywhere else.
- Each call makes a part anew, as a starting process would.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from endpoint.autoupdate.service import AutoUpdate
from endpoint.bells import Bells
from endpoint.computer_facts import load_computer
from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.identity import Identity
from endpoint.logs import ConfigLevel, EndpointLog, FixedLevel
from endpoint.mcs_agent.agent import McsAgent
from endpoint.mcs_client.client import McsClient
from endpoint.mcs_client.options import McsClientOptions
from endpoint.service_table import AUTOUPDATE, MCS_AGENT, MCS_CLIENT, WEB_CONTROL
from endpoint.services import ServiceControl
from endpoint.setup.archive import Broker
from endpoint.setup.log import SetupLog
from endpoint.setup.steps import Bench
from endpoint.web_control.options import WebControlOptions
from endpoint.web_control.service import WebControl
from foundation.checkpoints import NO_CHECKPOINTS, Checkpoints
from foundation.protocol.names import ALC, SWC
from foundation.redact import Secret
from foundation.service import Now, Service, utc_now

POLICIES_DEADLINE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOptions:
    """Options of one endpoint.

    Attributes:
        client: The MCS Client's; without facts of the computer they come from the host folder.
        web_control: Web Control's; without a user it is the computer's.
        rescan_s: How often the agent looks into Persist without being rung for.
        policies_deadline_s: How long setup waits for the first policies.
        before_spooling: As of `endpoint.handover.Handover`.
    """

    client: McsClientOptions = field(default_factory=McsClientOptions)
    web_control: WebControlOptions = field(default_factory=WebControlOptions)
    rescan_s: float | None = None
    policies_deadline_s: float = POLICIES_DEADLINE_S
    before_spooling: Callable[[], None] | None = None


class Composition:
    """Makes the parts of one endpoint.

    Args:
        host: The machine.
        bells: How its parts wake each other.
        options: See there.
        now: The present.
        rng: Spreads pauses.
        checkpoints: Where a test may end the process.
    """

    def __init__(
        self,
        host: HostFolder,
        *,
        bells: Bells,
        options: EndpointOptions | None = None,
        now: Now = utc_now,
        rng: random.Random | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> None:
        self.host = host
        self._bells = bells
        self._options = options or EndpointOptions()
        self._now = now
        self._rng = rng or random.Random()
        self._checkpoints = checkpoints

    @property
    def factories(self) -> Mapping[str, Callable[[], Service]]:
        """Service name → how to make it."""
        return {
            MCS_CLIENT: self.client,
            MCS_AGENT: self.agent,
            AUTOUPDATE: self.autoupdate,
            WEB_CONTROL: self.web_control,
        }

    def client(self) -> McsClient:
        """Make the MCS Client."""
        options = self._options.client
        if options.computer is None:
            options = replace(options, computer=load_computer(self.host))
        return McsClient(
            self.host,
            handover=self._handover(),
            log=EndpointLog(
                self.host.client_log, ConfigLevel(self.host.config_file, "McsClient"), self._now
            ),
            now=self._now,
            rng=self._rng,
            options=options,
            checkpoints=self._checkpoints,
        )

    def agent(self) -> McsAgent:
        """Make the MCS Agent."""
        return McsAgent(
            self.host,
            handover=self._handover(),
            log=EndpointLog(
                self.host.agent_log, ConfigLevel(self.host.config_file, "McsAgent"), self._now
            ),
            now=self._now,
            bells={SWC: self._bells.web_control, ALC: self._bells.autoupdate},
            rescan_s=self._options.rescan_s,
            checkpoints=self._checkpoints,
        )

    def autoupdate(self) -> AutoUpdate:
        """Make AutoUpdate."""
        return AutoUpdate(
            self.host,
            bell=self._bells.autoupdate,
            persist_bell=self._bells.persist,
            log=EndpointLog(
                self.host.autoupdate / "Logs" / "ALUpdate.log", FixedLevel(), self._now
            ),
            now=self._now,
            checkpoints=self._checkpoints,
        )

    def web_control(self) -> WebControl:
        """Make Web Control."""
        options = self._options.web_control
        if not options.user:
            options = replace(options, user=load_computer(self.host).last_logged_on_user)
        return WebControl(
            self.host,
            bell=self._bells.web_control,
            persist_bell=self._bells.persist,
            log=EndpointLog(
                self.host.web_control / "Logs" / "WebControl.log", FixedLevel(), self._now
            ),
            now=self._now,
            options=options,
            checkpoints=self._checkpoints,
        )

    def bench(
        self,
        token: Secret,
        broker: Broker,
        services: ServiceControl,
        narrate: Callable[[str], None] | None = None,
    ) -> Bench:
        """Make what setup works with."""
        return Bench(
            host=self.host,
            token=token,
            broker=broker,
            services=services,
            register=self._register,
            persist_bell=self._bells.persist,
            log=SetupLog(self.host, self._now, narrate),
            now=self._now,
            policies_deadline_s=self._options.policies_deadline_s,
            checkpoints=self._checkpoints,
        )

    async def _register(self, token: Secret) -> Identity:
        client = self.client()
        try:
            return await client.register(token.reveal())
        finally:
            await client.stop()

    def _handover(self) -> Handover:
        return Handover(
            self.host,
            persist_bell=self._bells.persist,
            spool_bell=self._bells.spool,
            before_spooling=self._options.before_spooling,
        )
