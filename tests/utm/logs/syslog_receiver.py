"""Syslog receivers of a test: datagrams and streams on ports that the system gives."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Receiver:
    """What came, in order."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.port = 0
        self.connections: list[asyncio.StreamWriter] = []
        self._news = asyncio.Event()

    def take(self, message: bytes) -> None:
        self.messages.append(message)
        self._news.set()

    async def wait_for(self, count: int) -> list[bytes]:
        async with asyncio.timeout(60):
            while len(self.messages) < count:
                self._news.clear()
                await self._news.wait()
        return self.messages


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver

    def datagram_received(self, data, addr):
        self.receiver.take(data)


@asynccontextmanager
async def udp_receiver(port: int = 0) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(receiver), local_addr=("127.0.0.1", port)
    )
    receiver.port = transport.get_extra_info("sockname")[1]
    try:
        yield receiver
    finally:
        transport.close()


@asynccontextmanager
async def tcp_receiver(port: int = 0) -> AsyncIterator[Receiver]:
    receiver = Receiver()

    async def serve(reader, writer):
        receiver.connections.append(writer)
        while line := await reader.readline():
            receiver.take(line)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for writer in receiver.connections:
            writer.close()
