"""The last exchanges of a server, for people who want to see what went over the wire.

- Bounded; headers that carry credentials are redacted before they are kept.
- A server without a journal has no hook on its path: it costs nothing when off.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    Attributes:
        at: When the request arrived.
        method: The HTTP method.
        path: Path and query as sent.
        request_headers: With credentials redacted.
        request_body: Decoded text.
        status: The status code of the answer.
        response_body: Decoded text.
        endpoint: The endpoint id where it is known, else empty.
        milliseconds: From the request to the answer.
        injected: The fault that happened to it, as `number effect`; empty for most.
    """

    at: datetime
    method: str
    path: str
    request_headers: dict[str, str]
    request_body: str
    status: int
    response_body: str
    endpoint: str
    milliseconds: float
    injected: str = ""


class Journal:
    """Keeps the newest exchanges, oldest first."""

    def __init__(self, limit: int = 1000) -> None:
        self._kept: deque[Exchange] = deque(maxlen=limit)

    def record(self, exchange: Exchange) -> None:
        """Keep one more, dropping the oldest when full."""
        self._kept.append(exchange)

    def entries(self) -> tuple[Exchange, ...]:
        """Return what is kept."""
        return tuple(self._kept)
