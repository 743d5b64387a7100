"""How much a client or an origin may ask of the proxy, and how long it may take.

All of it is a guard, none of it a feature: the values are generous for browsers (ours).
"""

from dataclasses import dataclass

from foundation.webfilter.target import LONGEST_URL


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, durations in seconds."""

    url_bytes: int = LONGEST_URL
    head_bytes: int = 65_536
    header_count: int = 128
    buffered_body_bytes: int = 262_144
    discarded_body_bytes: int = 1_048_576
    pipelined_requests: int = 32
    connections: int = 2_000
    idle_origins_per_client: int = 8
    request_wait_s: float = 75.0
    connect_timeout_s: float = 10.0
    response_head_timeout_s: float = 120.0
    stall_timeout_s: float = 300.0
    tunnel_idle_s: float = 900.0
    tunnel_told_s: float = 5.0
    linger_s: float = 2.0
