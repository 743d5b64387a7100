"""What one Web Control is told when it starts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from foundation.categories.category import CategorySource
from foundation.webfilter.destinations import ConnectTo
from foundation.webfilter.engine_shelf import EngineShelf


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
        scanning_ca: The folder of the CA for HTTPS that is looked into; None for one of its own.
        site_ca: A file with CAs of sites that are believed besides the machine's own.
        categories: What is known of sites; None takes the demo set.
        engines: The engines of this process; None builds one for this Web Control alone.
    """

    host: str = "127.0.0.1"
    port: int = 0
    user: str = ""
    connect_to: ConnectTo = field(default_factory=dict)
    refuse_ports: Callable[[], frozenset[int]] = no_ports
    scanning_ca: Path | None = None
    site_ca: Path | None = None
    categories: CategorySource | None = None
    engines: EngineShelf | None = None
