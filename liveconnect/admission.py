"""How much is taken in at once: beyond that a request is refused before it costs memory.

- What is counted: requests whose work is not done, and the bytes of their bodies. Each of them has
  at most one piece of work in the store's queue, so that queue is bounded too.
- A poll is not counted: it is answered from memory, and nothing of it waits.
- A single large body is taken in when nothing else is there, whatever its size.
"""

import contextlib
from collections.abc import Iterator

from aiohttp import web

from foundation.protocol.reasons import Reason
from liveconnect.refusals import OverloadedError

MOST_BODY_BYTES = 64_000_000
UNKNOWN_BYTES = 1_000_000
"""What a body counts for that does not say its length."""


class Admission:
    """Counts what one listener has taken in."""

    def __init__(self, *, most_requests: int, most_body_bytes: int = MOST_BODY_BYTES) -> None:
        self._most_requests = most_requests
        self._most_body_bytes = most_body_bytes
        self.requests = 0
        self.body_bytes = 0

    @contextlib.contextmanager
    def admitted(self, request: web.Request) -> Iterator[None]:
        """Count a request while it is worked on.

        Raises:
            OverloadedError: If there is no room for it.
        """
        size = _body_bytes(request)
        if self.requests >= self._most_requests or (
            self.body_bytes and self.body_bytes + size > self._most_body_bytes
        ):
            raise OverloadedError(
                Reason.OVERLOADED,
                f"{self.requests} requests with {self.body_bytes} bytes are being worked on",
            )
        self.requests += 1
        self.body_bytes += size
        try:
            yield
        finally:
            self.requests -= 1
            self.body_bytes -= size


def _body_bytes(request: web.Request) -> int:
    if request.content_length is not None:
        return request.content_length
    return UNKNOWN_BYTES if request.can_read_body else 0
