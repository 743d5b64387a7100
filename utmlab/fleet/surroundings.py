"""What the agents of one process share: the server, the clocks, the papers and the tally."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from endpoint.mcs_client.options import McsClientOptions
from foundation.service import Now
from utmlab.fleet.known import attempt_of
from utmlab.fleet.papers import Papers
from utmlab.fleet.tally import Tally


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """The surroundings of agents.

    Attributes:
        url: The server's base URL.
        token: The registration token.
        options: What can be set about the MCS Client.
        secret: Names the attempts to register.
        now: The wall clock.
        clock: The loop's clock, in seconds.
    """

    url: str
    token: str = field(repr=False)
    options: McsClientOptions
    secret: str = field(repr=False)
    now: Now
    clock: Callable[[], float]
    server: SplitResult = field(init=False)
    papers: Papers = field(default_factory=Papers)
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.server = urlsplit(self.url)

    def attempt(self, number: int) -> str:
        """Return the name of an agent's attempt to register."""
        return attempt_of(self.secret, number)
