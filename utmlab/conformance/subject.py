"""The server under test, and what the checks have already brought it to do.

Rules share enrolments and documents through here, each made when first asked for. A step that
fails is the finding of its own rule; for the others it is a reason for NOT SEEN.

Invariants:

* All calls go over one connection, so that the run as a whole shows keep-alive and framing.
* An endpoint whose commands a rule acknowledges is enrolled for that rule alone.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from utmlab.conformance import documents
from utmlab.conformance.endpoint import (
    USER_AGENT,
    XML_TYPE,
    Endpoint,
    basic,
    expect_200,
    read_credentials,
)
from utmlab.conformance.outcomes import NotSeen, Violation
from utmlab.conformance.wire import DEFAULT_TIMEOUT_S, Base, Wire, WireError

if TYPE_CHECKING:
    import random
    import ssl
    from collections.abc import Awaitable

    from foundation.service import Now
    from utmlab.conformance.documents import Assigned, Command
    from utmlab.conformance.wire import Answer

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to test, and how patiently.

    Attributes:
        url: The MCS base URL.
        token: A valid registration token.
        context: TLS context with the server's CA.
        assignment_s: How long a fresh endpoint waits for its first policies.
        interval_s: Time between two polls while it waits.
        timeout_s: For one answer.
    """

    url: str
    token: str
    context: ssl.SSLContext
    assignment_s: float = 15.0
    interval_s: float = 0.25
    timeout_s: float = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Document:
    """A policy as fetched."""

    assigned: Assigned
    body: bytes


class Subject:
    """The server under test.

    Args:
        target: Where it is.
        now: Time for the stamps in documents.
        rng: Makes names and ids that no server knows.
    """

    def __init__(self, target: Target, *, now: Now, rng: random.Random) -> None:
        self.target = target
        self.now = now
        self.rng = rng
        self.wire = Wire(Base.parse(target.url), target.context, timeout_s=target.timeout_s)
        self.seen_commands: list[Command] = []
        self._run = f"{rng.getrandbits(24):06x}"
        self._enrolled = 0
        self._patience_s = target.assignment_s
        self._first: Endpoint | None = None
        self._policies: list[Document] | None = None
        self._access: dict[str, Any] | None = None

    async def close(self) -> None:
        """Close the connection."""
        await self.wire.close()

    def unknown_id(self) -> str:
        """Return an id in the usual shape that no server has given out."""
        value = f"{self.rng.getrandbits(128):032x}"
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"

    async def capabilities(self) -> Answer:
        """Call 1: the bare base, without credentials."""
        headers = {"Content-Type": XML_TYPE, "User-Agent": USER_AGENT}
        return await self.wire.request("GET", "", headers)

    async def register(
        self, endpoint_id: str = "", password: str = "", *, token: str | None = None, body: str = ""
    ) -> Answer:
        """Call 3: register, or register again under an old id and password."""
        token = self.target.token if token is None else token
        name = f"conformance-{self._run}-{self._enrolled}"
        document = body or documents.computer_status(name, self.now())
        headers = {
            "Authorization": basic(endpoint_id, password, token),
            "Content-Type": XML_TYPE,
            "User-Agent": USER_AGENT,
        }
        return await self.wire.request("POST", "/register", headers, document.encode("utf-8"))

    async def enrol(self) -> Endpoint:
        """Register one more endpoint.

        Raises:
            Violation: If the server does not let it in, or answers in another form.
        """
        self._enrolled += 1
        return Endpoint(self.wire, *read_credentials(await self.register()))

    async def fresh(self) -> Endpoint:
        """Return an endpoint for one rule alone, NotSeen without one."""
        return await _given(self.enrol(), "no endpoint could be registered")

    async def endpoint(self) -> Endpoint:
        """Return the endpoint that the rules share; its commands stay unacknowledged."""
        if self._first is None:
            self._first = await self.fresh()
        return self._first

    async def commands(self, endpoint: Endpoint) -> list[Command]:
        """Poll once and read the commands.

        Raises:
            Violation: If there are none to be read.
        """
        commands = documents.read_commands(expect_200(await endpoint.poll()).body)
        self.seen_commands += commands
        return commands

    async def first_commands(self, endpoint: Endpoint) -> list[Command]:
        """Poll until commands are there; NotSeen if none come."""
        attempts = max(1, round(self._patience_s / self.target.interval_s))
        for _ in range(attempts):
            commands = await _given(self.commands(endpoint), "commands cannot be read")
            if commands:
                return commands
            await asyncio.sleep(self.target.interval_s)
        self._patience_s = 0.0  # a server that kept one endpoint waiting is not waited for again
        raise NotSeen(f"no command within {self.target.assignment_s:g} s")

    async def assignments(self, endpoint: Endpoint) -> list[tuple[Command, list[Assigned]]]:
        """Return the commands that assign policies, with what they assign; NotSeen if none come."""
        commands = [c for c in await self.first_commands(endpoint) if c.app == "APPSPROXY"]
        try:
            found = [(command, documents.read_assignments(command.body)) for command in commands]
        except Violation as violation:
            raise NotSeen(f"assignments cannot be read: {violation}") from violation
        if not any(assigned for _, assigned in found):
            raise NotSeen("no policy was assigned")
        return [pair for pair in found if pair[1]]

    async def fetch(self, endpoint: Endpoint, assigned: Assigned) -> bytes:
        """Fetch an assigned policy, in one piece or in fragments.

        Raises:
            Violation: If a piece is not served.
        """
        if not assigned.fragments:
            return expect_200(await endpoint.policy(assigned.app, assigned.policy_id)).body
        pieces = [
            expect_200(await endpoint.fragment(assigned.app, fragment_id)).body
            for _, fragment_id in assigned.fragments
        ]
        return b"".join(pieces)

    async def policies(self) -> list[Document]:
        """Return every policy assigned to the shared endpoint; NotSeen without any."""
        if self._policies is None:
            endpoint = await self.endpoint()
            assigned = [one for _, many in await self.assignments(endpoint) for one in many]
            self._policies = [
                Document(one, await _given(self.fetch(endpoint, one), "a policy is not served"))
                for one in assigned
            ]
        return self._policies

    async def policy_of(self, app: str) -> Document:
        """Return the last policy assigned for an app, as only the last survives."""
        found = [document for document in await self.policies() if document.assigned.app == app]
        if not found:
            raise NotSeen(f"no policy for {app} was assigned")
        return found[-1]

    async def access(self) -> dict[str, Any]:
        """Return the answer to authenticate; NotSeen if it cannot be read."""
        if self._access is None:
            endpoint = await self.endpoint()
            self._access = await _given(read_access(endpoint), "no access token")
        return self._access


async def read_access(endpoint: Endpoint) -> dict[str, Any]:
    """Ask for an access token and read the JSON.

    Raises:
        Violation: If the answer is not a JSON object.
    """
    answer = expect_200(await endpoint.authenticate())
    return json_object(answer)


def json_object(answer: Answer) -> dict[str, Any]:
    """Read an answer as a JSON object.

    Raises:
        Violation: If it is not one.
    """
    try:
        document = json.loads(answer.text)
    except (ValueError, RecursionError) as error:
        raise Violation(f"{answer.call}: the answer is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Violation(f"{answer.call}: the answer is not a JSON object")
    return document


async def _given(step: Awaitable[_T], missing: str) -> _T:
    """Take a step that another rule judges: its failure is no finding here."""
    try:
        return await step
    except (Violation, WireError) as reason:
        raise NotSeen(f"{missing} ({reason})") from reason
