"""A tunnel: bytes between two ends until one of them is gone or both are silent."""

import asyncio

from foundation.webfilter.client import Client
from foundation.webfilter.client_hello import Hello, read_client_hello
from foundation.webfilter.origin import Origin


class Tunnel:
    """A client and an origin that talk to each other; closing it closes both."""

    def __init__(self, client: Client, origin: Origin, *, idle_s: float) -> None:
        self._client, self._origin, self._idle_s = client, origin, idle_s

    async def begin(self, opening: bytes) -> Hello | None:
        """Let the origin speak, hold the client's first bytes, and return what they are.

        None means that the client never said enough, and will not.
        """
        client, origin = self._client, self._origin
        client.write(opening)
        origin.relay_to(client)
        late = origin.take_prelude()
        if late:
            client.write(late)
        while (hello := read_client_hello(client.prelude)) is None:
            if client.has_ended_sending:
                return None
            news = client.wait_for_bytes()
            await asyncio.wait(
                {news, client.ended, origin.ended},
                timeout=self._idle_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not news.done() or origin.ended.done():
                return None
        return hello

    async def run(self) -> None:
        """Pass bytes both ways until the tunnel ends."""
        client, origin = self._client, self._origin
        client.relay_to(origin)
        origin.relay_to(client)
        early, late = client.take_prelude(), origin.take_prelude()
        if early:
            origin.write(early)
        if late:
            client.write(late)
        for end in (client, origin):
            if end.has_ended_sending:  # before the tunnel stood
                end.relay_eof()
        client.resume()
        try:
            while not (client.ended.done() or origin.ended.done()):
                before = client.received_bytes + origin.received_bytes
                await asyncio.wait(
                    {client.ended, origin.ended},
                    timeout=self._idle_s,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if client.received_bytes + origin.received_bytes == before:
                    break
        finally:
            self.close()

    def close(self) -> None:
        """Close both ends once everything is sent."""
        self._origin.close()
        self._client.close()
