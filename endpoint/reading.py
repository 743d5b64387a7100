"""What is stored on an endpoint, read with nothing running and nothing changed.

- Works beside running services too: every file it reads is replaced whole by its writer.
- Says what is enforced from the agent's record, and what Web Control would decide by from its own
  policy file; the two are written one after the other.
"""

from collections import deque
from dataclasses import dataclass
from pathlib import Path

from endpoint.host import HostFolder, Layout
from endpoint.identity import CredentialsDamagedError, load_identity
from endpoint.mcs_agent.enforcement import record_file
from endpoint.mcs_agent.record import AppState, read_memory
from endpoint.outbox import Outbox
from endpoint.products import InstalledProducts, Product
from endpoint.service_table import ServiceEntry, ServiceTable
from endpoint.setup.journal import Progress, progress_of
from endpoint.setup.log import setup_log_file
from endpoint.web_control.listening import proxy_url_of
from endpoint.web_control.policy_in_force import Enforced, read_enforced


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointLogs:
    """Where an endpoint's logs are.

    Attributes:
        client: MCSClient.log.
        agent: MCSAgent.log.
        setup: The setup log.
    """

    client: Path
    agent: Path
    setup: Path


class EndpointArchive:
    """The stored state of one endpoint.

    Args:
        folder: Its host folder.
        layout: How the product's folders are spelled.
    """

    def __init__(self, folder: Path, *, layout: Layout = "seed") -> None:
        self.host = HostFolder(folder, layout=layout)

    @property
    def name(self) -> str:
        """The computer's name."""
        return self.host.name

    @property
    def endpoint_id(self) -> str:
        """Who it is at LiveConnect; empty when it is not registered."""
        try:
            identity = load_identity(self.host)
        except CredentialsDamagedError:
            return ""
        return identity.endpoint_id if identity is not None else ""

    @property
    def services(self) -> dict[str, ServiceEntry]:
        """The service table."""
        return ServiceTable(self.host).entries()

    @property
    def products(self) -> tuple[Product, ...]:
        """Add/Remove Programs."""
        return InstalledProducts(self.host).all()

    @property
    def setup(self) -> Progress | None:
        """How far setup came."""
        return progress_of(self.host)

    @property
    def apps(self) -> dict[str, AppState]:
        """App id → what is in force for it, and what was refused."""
        return dict(read_memory(record_file(self.host)).apps)

    @property
    def enforced(self) -> dict[str, str]:
        """App id → RevID in force; apps without a policy are left out."""
        return {app: state.rev_id for app, state in self.apps.items() if state.rev_id}

    @property
    def web_policy(self) -> Enforced | None:
        """The web policy that Web Control enforces."""
        return read_enforced(self.host)

    @property
    def proxy_url(self) -> str:
        """Web Control's address when it last ran."""
        return proxy_url_of(self.host)

    @property
    def waiting_activities(self) -> int:
        """Web activities that the agent has not collected."""
        return Outbox(self.host.web_control_activity).count()

    @property
    def logs(self) -> EndpointLogs:
        """Where its logs are."""
        return EndpointLogs(
            client=self.host.client_log,
            agent=self.host.agent_log,
            setup=setup_log_file(self.host),
        )


def recent_lines(path: Path, count: int = 20) -> tuple[str, ...]:
    """Return the last lines of a log; a missing one has none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return tuple(line.rstrip("\n") for line in deque(file, count))
    except FileNotFoundError:
        return ()
