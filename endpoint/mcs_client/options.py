"""What can be set about the MCS Client from outside.

Provenance: the defaults are mcs-protocol 1.5's (public) except ``status_latency_s`` (ours, design
2; the real client waits 30 s) and the computer's facts (synthetic).
"""

from dataclasses import dataclass
from typing import Final

from endpoint.mcs_client.computer import Computer

_RETRY_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class McsClientOptions:
    """Options of one client.

    Attributes:
        poll_interval_s: Overrides the policy's interval, its floor and the back-off's base.
        status_latency_s: Wait this long after a status changed.
        events_delay_s: Send events this long after the last one,
        events_max_delay_s: but no longer than this after the first one,
        events_max_count: or as soon as there are this many.
        retry_s: Try statuses and events again this long after they failed; None means 30 s, or one
            and a half poll intervals where that is less.
        request_timeout_s: Limit of connecting and of silence while an answer is awaited.
        user_agent: The whole User-Agent; None makes the usual one.
        system_proxies: Proxies of the machine beside those in config.xml, such as `https_proxy`.
        computer: What the computer says about itself; None takes it from the host folder.
    """

    poll_interval_s: float | None = None
    status_latency_s: float = 0.0
    events_delay_s: float = 5.0
    events_max_delay_s: float = 60.0
    events_max_count: int = 20
    retry_s: float | None = None
    request_timeout_s: float = 90.0
    user_agent: str | None = None
    system_proxies: tuple[str, ...] = ()
    computer: Computer | None = None

    def retry_after_s(self, poll_interval_s: float) -> float:
        """How long statuses and events wait after they failed."""
        return min(_RETRY_S, 1.5 * poll_interval_s) if self.retry_s is None else self.retry_s
