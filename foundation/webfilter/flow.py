"""One end of a connection that passes bytes on, with back-pressure towards where they come from.

- When an end cannot write more, it stops reading from its source; so a slow reader never makes
  the proxy hold more than one buffer.
- `relay_to` turns an end into a tunnel: from then on bytes go to the peer as they come.
"""

import asyncio
from typing import cast


class Flow(asyncio.Protocol):
    """A transport, who fills it, and whether it is full."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.source: Flow | None = None
        self.sent_bytes = 0
        self.received_bytes = 0
        self.has_ended_sending = False
        self._peer: Flow | None = None
        self._room: asyncio.Future[None] | None = None
        self._is_full = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_open(self) -> bool:
        """Whether bytes can still be written."""
        return self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)  # a stream, whatever the loop

    def connection_lost(self, _error: Exception | None) -> None:
        """Wake whoever waits, and end the peer of a tunnel."""
        if not self.ended.done():
            self.ended.set_result(None)
        self.resume_writing()
        if self._peer is not None:
            self._peer.close()

    @property
    def is_full(self) -> bool:
        """Whether more is waiting to be sent than should be."""
        return self._is_full

    def write(self, data: bytes) -> None:
        """Send bytes, if anybody is still there."""
        if self.transport is not None and not self.transport.is_closing():
            self.sent_bytes += len(data)
            self.transport.write(data)

    async def drain(self) -> None:
        """Wait until there is room for more."""
        if self._is_full and self.is_open:
            self._room = asyncio.get_running_loop().create_future()
            await self._room

    def close(self) -> None:
        """Close once everything is sent."""
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self.transport is not None:
            self.transport.abort()

    def pause(self) -> None:
        """Stop reading."""
        if self.transport is not None and self.is_open:
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self.transport is not None and self.is_open:
            self.transport.resume_reading()

    def pause_writing(self) -> None:
        """Transport callback: the buffer is full."""
        self._is_full = True
        if self.source is not None:
            self.source.pause()

    def resume_writing(self) -> None:
        """Transport callback: the buffer has room."""
        self._is_full = False
        if self.source is not None:
            self.source.resume()
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def relay_to(self, peer: "Flow") -> None:
        """Pass everything that comes to the peer from now on."""
        self._peer = peer
        peer.source = self

    @property
    def is_relaying(self) -> bool:
        """Whether this end is one of a tunnel."""
        return self._peer is not None

    def relay(self, data: bytes) -> None:
        """Pass bytes to the peer."""
        self.received_bytes += len(data)
        if self._peer is not None:
            self._peer.write(data)

    def relay_eof(self) -> bool:
        """Pass the end of one direction on; tell whether the other one goes on."""
        self.has_ended_sending = True
        peer = self._peer
        if peer is None or peer.transport is None or not peer.is_open:
            return False
        if peer.has_ended_sending or not peer.transport.can_write_eof():
            peer.close()
            return False
        peer.transport.write_eof()
        return True
