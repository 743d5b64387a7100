"""The requests of one agent: headers, cookies, what an outcome does to both, and the counting.

Provenance: mcs-protocol 1.2, 1.6 (public).
"""

import asyncio
import random
from collections.abc import Mapping
from typing import Final

from endpoint.mcs_client.cookies import Cookies
from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer, Outcome
from endpoint.mcs_client.reactions import reaction_to
from utmlab.fleet.tally import Tally
from utmlab.fleet.wire import Wire

TIMEOUT_S: Final = 90.0


class CallFailedError(Exception):
    """A request was not answered with exactly 200.

    Attributes:
        outcome: What came of it.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class Exchange:
    """The requests of one agent.

    Args:
        wire: Its connection.
        tally: Where they are counted.
        version: The product version that it shows.
        fails: Call to the share of its requests before which the connection is lost.
        rng: Decides which.
    """

    __slots__ = ("_authorization", "_cookies", "_fails", "_rng", "_tally", "_user_agent", "_wire")

    def __init__(
        self,
        wire: Wire,
        tally: Tally,
        *,
        version: str,
        fails: Mapping[str, float],
        rng: random.Random,
    ) -> None:
        self._wire = wire
        self._tally = tally
        self._fails = fails
        self._rng = rng
        self._cookies = Cookies()
        self._authorization = ""
        self._user_agent = f"Sophos MCS Client/{version} Windows sessions regToken"

    def authorize(self, authorization: str) -> None:
        """Use this Authorization from now on."""
        self._authorization = authorization

    def forget_cookies(self) -> None:
        """Forget every cookie, as before a registration."""
        self._cookies.clear()

    def close(self) -> None:
        """End the connection; the next request opens another."""
        self._wire.close()

    def head(self, method: str, path: str) -> bytes:
        """Return the request line and the headers, for a request that is made again and again."""
        return (
            f"{method} {self._wire.base}{path} HTTP/1.1\r\nAccept-Encoding: identity\r\n"
            f"Authorization: {self._authorization}\r\n"
            f"Content-Type: application/xml; charset=utf-8\r\nUser-Agent: {self._user_agent}"
        ).encode()

    async def call(self, call: str, method: str, path: str, body: bytes = b"") -> Answer:
        """Send a request.

        Raises:
            CallFailedError: If it is not answered with exactly 200.
        """
        return await self.send(call, self.head(method, path), body)

    async def send(self, call: str, head: bytes, body: bytes = b"") -> Answer:
        """Send a request whose head is made already.

        Raises:
            CallFailedError: If it is not answered with exactly 200.
        """
        outcome = await self._counted(call, head, body)
        if isinstance(outcome, Answer) and outcome.is_success:
            if "set-cookie" in outcome.headers:
                self._cookies.store([outcome.headers["set-cookie"]])
            return outcome
        reaction = reaction_to(outcome)
        if reaction.clear_cookies:
            self._cookies.clear()
        if reaction.close_connection:
            self._wire.close()
        raise CallFailedError(outcome)

    async def _counted(self, call: str, head: bytes, body: bytes) -> Outcome:
        loop = asyncio.get_running_loop()
        cookie = self._cookies.header
        if cookie:
            head += f"\r\nCookie: {cookie}".encode()
        began_s = loop.time()
        if self._fails and self._rng.random() < self._fails.get(call, 0.0):
            self._wire.close()
            outcome: Outcome = NoAnswer(Breakdown.RESET, "lost on purpose")
        else:
            outcome = await self._wire.request(head, body, TIMEOUT_S)
        ended_s = loop.time()
        said = str(outcome.status) if isinstance(outcome, Answer) else outcome.breakdown.value
        self._tally.answered(call, said, ended_s - began_s, int(ended_s))
        return outcome
