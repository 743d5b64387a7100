"""What the gateway's web filter is told when it starts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from foundation.categories.category import CategorySource
from foundation.webfilter.destinations import ConnectTo


def no_ports() -> frozenset[int]:
    """Refuse no port of this machine."""
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFilterOptions:
    """Options of the gateway's web filter.

    Attributes:
        host: The address it listens on.
        port: Its port; 0 takes a free one, None that of node http.port,
            which also wins once it is not the factory's.
        connect_to: The lab's own internet.
        refuse_ports: Ports of this machine that nobody may reach through it.
        scanning_ca: The folder of the CA for HTTPS scanning; None for one of its own.
        site_ca: A file with CAs of sites that are believed besides the machine's own.
        clients: The file that says which computer has which source address; None for nobody.
        categories: What is known of sites; None takes the demo set.
    """

    host: str = "127.0.0.1"
    port: int | None = 0
    connect_to: ConnectTo = field(default_factory=dict)
    refuse_ports: Callable[[], frozenset[int]] = no_ports
    scanning_ca: Path | None = None
    site_ca: Path | None = None
    clients: Path | None = None
    categories: CategorySource | None = None
