"""Load without TLS: connections that stay open, and connections for one request each."""

import asyncio
from collections.abc import Iterable

from bench.load import Connection, UnexpectedAnswerError


async def connect(port: int) -> Connection:
    """Return a connection that stays open."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    return connection


async def one_by_one(port: int, requests: Iterable[bytes]) -> None:
    """Send requests one after the other, each on a connection of its own, to its end."""
    for request in requests:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        if answer[8:13] != b" 200 ":
            raise UnexpectedAnswerError(answer[:500])
