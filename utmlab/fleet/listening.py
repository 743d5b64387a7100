"""The push channel of an agent: a second connection that is only read."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from endpoint.mcs_client.access import Access
from endpoint.mcs_client.outcome import Answer
from foundation.protocol import paths
from foundation.protocol.authorization import encode_bearer
from foundation.protocol.mcs_policy import McsPolicy
from foundation.protocol.push import (
    CAPABILITIES,
    CAPABILITIES_HEADER,
    CONTENT_TYPE,
    EventReader,
    PushKind,
    PushStreamBrokenError,
)
from utmlab.fleet.wire import Wire

CONNECT_S = 30.0


class PushListener:
    """Listens, and wakes its agent.

    Args:
        wires: Makes a connection.
        wake: Has the agent poll at once.
    """

    __slots__ = ("_chunks", "_reader", "_wake", "_wire", "_wires", "is_up")

    def __init__(self, wires: Callable[[], Wire], wake: Callable[[], None]) -> None:
        self._wires = wires
        self._wake = wake
        self._wire: Wire | None = None
        self._reader, self._chunks = EventReader(), Chunks()
        self.is_up = False

    async def ensure(self, policy: McsPolicy, access: Access) -> None:
        """Connect if the policy offers push and nothing is connected."""
        if self.is_up or not policy.push_servers or access.token is None:
            return
        wire = self._wires()
        head = (
            f"GET {wire.base}{paths.push(access.device_id)} HTTP/1.1\r\nAccept: {CONTENT_TYPE}\r\n"
            f"Cache-Control: no-cache\r\nAuthorization: {encode_bearer(access.token.reveal())}\r\n"
            f"X-Device-ID: {access.device_id}\r\nX-Tenant-ID: {access.tenant_id}\r\n"
            f"{CAPABILITIES_HEADER}: {CAPABILITIES}"
        ).encode()
        self._reader, self._chunks = EventReader(), Chunks()
        wire.stream_to(self._heard)
        outcome = await wire.request(head, b"", CONNECT_S)
        if isinstance(outcome, Answer) and outcome.is_success:
            self._wire, self.is_up = wire, True
        else:
            wire.close()

    def close(self) -> None:
        """Stop listening."""
        wire, self._wire, self.is_up = self._wire, None, False
        if wire is not None:
            wire.stream_to(_ignore)
            wire.close()

    def _heard(self, data: bytes) -> None:
        if not data:
            was_up, self.is_up, self._wire = self.is_up, False, None
            if was_up:
                # A real client polls at once; a moment later spares a server that just came back.
                asyncio.get_running_loop().call_later(1.0, self._wake)
            return
        with suppress(PushStreamBrokenError):
            for event in self._reader.feed(self._chunks.feed(data)):
                if event.kind in (PushKind.WAKE_UP, PushKind.COMMANDS):
                    self._wake()


def _ignore(_data: bytes) -> None:
    """Hear nothing any more."""


class Chunks:
    """Takes the chunks of a response apart, whatever way the bytes are cut."""

    __slots__ = ("_inside", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._inside = 0

    def feed(self, data: bytes) -> bytes:
        """Return what is inside the chunks as far as it is there; nonsense ends it quietly."""
        self._rest += data
        found = b""
        while self._rest:
            if self._inside:
                piece, self._rest = self._rest[: self._inside], self._rest[self._inside :]
                self._inside -= len(piece)
                found += piece
                continue
            # The line that ends a chunk's content is empty; the one with the next size is not.
            line, end, rest = self._rest.partition(b"\r\n")
            if not end:
                break
            self._rest = rest
            try:
                self._inside = int(line, 16) if line else 0
            except ValueError:
                break
        return found
