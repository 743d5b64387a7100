"""Reading TLS connections into one buffer for all of them.

- A protocol that is handed bytes costs a block of 256 KiB at each read, of which a request fills a
  few hundred bytes: what it touches is then somebody else's memory, thousands of times over.
- A read is over before the next begins, on whichever connection, so that one buffer is enough.
- A connection whose TLS begins before the listener is closed and is ready only afterwards is cut:
  whoever serves it has stopped.
"""

import asyncio
from typing import Final

LENGTH: Final = 65_536
"""A TLS record carries 16 KiB at most; what does not fit is read in the next turn."""


class SharedReading:
    """The buffer of one listener."""

    def __init__(self) -> None:
        # A view: asyncio's own loop reads into slices of it, which of a bytearray were copies.
        self.buffer = memoryview(bytearray(LENGTH))
        self.is_closed = False

    def of(self, protocol: asyncio.Protocol) -> asyncio.BufferedProtocol:
        """Return a protocol that reads into the buffer and hands on what came."""
        return _Reading(protocol, self)

    def close(self) -> None:
        """Cut connections that are not ready yet."""
        self.is_closed = True


class _Reading(asyncio.BufferedProtocol):
    __slots__ = ("_buffer", "_protocol", "_shared")

    def __init__(self, protocol: asyncio.Protocol, shared: SharedReading) -> None:
        self._protocol = protocol
        self._shared = shared
        self._buffer = shared.buffer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._shared.is_closed:
            self._protocol = asyncio.Protocol()  # which hears of the end and does nothing
            transport.close()
        else:
            self._protocol.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        # A copy: the protocol may keep it longer than until the next read.
        self._protocol.data_received(bytes(self._buffer[:nbytes]))

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()
