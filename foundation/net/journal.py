"""The last exchanges of a server, for people who want to see what went over the wire.

- Bounded; headers that carry credentials are redacted before they are kept.
- A server without a journal has no hook on its path: it costs nothing when off.
"""

import dataclasses
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

LONGEST_BODY: Final = 64_000
"""As many characters of a body are kept."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    Attributes:
        at: When the request arrived.
        method: The HTTP method.
        path: Path and query as sent.
        request_headers: With credentials redacted.
        request_body: Decoded text.
        status: The status code of the answer; 0 if there was none.
        response_body: Decoded text.
        endpoint: The endpoint id where it is known, else empty.
        milliseconds: From the request to the answer.
        injected: The fault that happened to it, as `number effect`; empty for most.
        response_headers: With credentials redacted.
        reason: Why it was refused, as a reason code, else empty.
        hint: What would have been right, for a request that nearly was, else empty.
        cut: Whether a body is kept in part only.
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
    response_headers: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    hint: str = ""
    injected: str = ""
    cut: bool = False


_FIELDS = frozenset(one.name for one in dataclasses.fields(Exchange))


class Journal:
    """Keeps the newest exchanges, oldest first.

    Args:
        limit: How many are kept in memory.
        keep: Receives each one as well, to keep it elsewhere.
    """

    def __init__(self, limit: int = 1000, keep: Callable[[Exchange], None] | None = None) -> None:
        self._kept: deque[Exchange] = deque(maxlen=limit)
        self._keep = keep

    def record(self, exchange: Exchange) -> None:
        """Keep one more, dropping the oldest when full."""
        self._kept.append(exchange)
        if self._keep is not None:
            self._keep(exchange)

    def entries(self) -> tuple[Exchange, ...]:
        """Return what is kept."""
        return tuple(self._kept)


def as_record(exchange: Exchange) -> dict[str, Any]:
    """Return one exchange as JSON values; the time is ISO 8601 in UTC."""
    return dataclasses.asdict(exchange) | {"at": exchange.at.isoformat()}


def from_record(record: dict[str, Any]) -> Exchange:
    """Return the exchange of a record; fields of a later version are left out.

    Raises:
        ValueError: If it is no record of an exchange.
    """
    known = {name: value for name, value in record.items() if name in _FIELDS}
    try:
        return Exchange(**known | {"at": datetime.fromisoformat(record["at"])})
    except (KeyError, TypeError) as error:
        raise ValueError(f"no exchange: {error}") from error


def encode(exchange: Exchange) -> bytes:
    """Return one exchange as a line of JSON, without its end."""
    return json.dumps(as_record(exchange), ensure_ascii=False).encode(errors="replace")


def decode(line: bytes) -> Exchange:
    """Read a line that `encode` wrote.

    Raises:
        ValueError: If it is none.
    """
    record = json.loads(line)
    if not isinstance(record, dict):
        raise ValueError("no exchange: not an object")  # noqa: TRY004 - one kind of wrong line
    return from_record(record)
