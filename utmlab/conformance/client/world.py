"""A server that is right, until it is told to be wrong at a poll, and remembers everything.

Invariants:

* A fault is the answer to one request and changes nothing here.
* Passwords are checked: a request of somebody else is answered 401 with the register realm.

Provenance: sections 1.1 to 1.3, 1.7 and 1.9 of the protocol notes (public).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from utmlab.conformance.client import documents
from utmlab.conformance.client.documents import Policy
from utmlab.conformance.client.listener import Reply
from utmlab.conformance.client.record import V1, VERSION_2, Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from foundation.service import Now

REGISTER_REALM = 'Basic realm="register"'
TENANT = "tenant-1"
ACCESS_TOKEN = "watched.access.token"  # noqa: S105  # opens nothing but this server
POISON = ("Set-Cookie", "POISON=1; Path=/")
"""A cookie on every answer that is no 200; no client may keep it."""


@dataclass(slots=True)
class World:
    """The server's side of one run.

    Attributes:
        seen: Every request, in order.
        faults: Answers to the next polls.
        policy_faults: Answers to the next fetches of a policy.
        hold_s: How long the next poll's answer is held back.
        commands: What waits, by id.
        device_id: In access tokens.
        expires_in: Of access tokens.
        policy: The last good policy that was assigned.
    """

    token: str
    now: Now
    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    faults: deque[Reply] = field(default_factory=deque)
    policy_faults: deque[Reply] = field(default_factory=deque)
    hold_s: float = 0.0
    commands: dict[str, str] = field(default_factory=dict)
    device_id: str = "device-1"
    expires_in: int = 86_400
    policy: Policy | None = None
    endpoint_id: str = ""
    _password: str = ""
    _policies: dict[str, bytes] = field(default_factory=dict)
    _count: int = 0
    _cookie: str = ""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    # ---- what scenes do

    def calls(self, *names: str, since: int = 0) -> list[Seen]:
        """Return the requests of these calls, of all without one, from the so-many-th on."""
        return [s for s in self.seen[since:] if not names or s.call in names]

    def queue(self, app: str, body: str, *, command_id: str = "", seq: int = 1) -> str:
        """Queue a command and return its id."""
        self._count += 1
        command_id = command_id or str(2800 + self._count)
        created = f"{self.now():%Y-%m-%dT%H:%M:%S}.000Z"
        self.commands[command_id] = documents.command(
            command_id, app, body, created=created, seq=seq
        )
        return command_id

    def new_policy(self, *, delay_s: int, rev_id: str = "", push: str = "") -> Policy:
        """Return another MCS policy for this client."""
        self._count += 1
        return Policy(
            rev_id=rev_id or hashlib.sha256(str(self._count).encode()).hexdigest(),
            delay_s=delay_s,
            url=self.url,
            token=self.token,
            device_id=self.device_id,
            tenant_id=TENANT,
            push=push,
        )

    def assign(self, policy: Policy) -> str:
        """Queue the assignment of an MCS policy and return the command's id."""
        body = policy.encoded()
        policy_id = hashlib.sha256(body).hexdigest()
        self._policies[policy_id] = body
        return self.queue("APPSPROXY", documents.assignment("MCS", 25, policy_id))

    def assign_in_fragments(self, policy: Policy) -> tuple[str, tuple[str, ...]]:
        """Likewise in fragments; return the command's id and theirs."""
        text, pieces = documents.in_fragments("MCS", policy.encoded())
        self._policies |= pieces
        return self.queue("APPSPROXY", text), tuple(pieces)

    async def until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until something holds; return whether it does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        return condition()

    # ---- what the listener asks

    def answer(self, seen: Seen) -> Reply:
        """Return the answer to a request."""
        self.seen.append(seen)
        reply = self._fault(seen) or self._right(seen)
        if reply.status != 200:
            reply = replace(reply, headers=(*reply.headers, POISON))
        seen.fault = reply.name
        seen.cookie = self._cookie
        return reply

    def answered(self, seen: Seen) -> None:
        """Wake whoever waits for something to have happened."""
        del seen
        self._changed.set()

    def _fault(self, seen: Seen) -> Reply | None:
        if seen.call == "poll" and self.faults:
            return self.faults.popleft()
        if seen.call == "policy" and self.policy_faults:
            return self.policy_faults.popleft()
        return None

    def _right(self, seen: Seen) -> Reply:
        if seen.call == "capabilities":
            return Reply(body=b"")
        if seen.call == "register":
            return self._register(seen)
        if seen.call in VERSION_2:
            return self._version_2(seen)
        if seen.call not in V1:
            return Reply(status=404)
        if seen.basic != [self.endpoint_id, self._password]:
            return Reply(status=401, headers=(("WWW-Authenticate", REGISTER_REALM),))
        return self._known(seen)

    def _register(self, seen: Seen) -> Reply:
        shown = seen.basic
        if len(shown) != 3 or shown[2] != self.token:
            return Reply(status=401)
        self._count += 1
        self.endpoint_id = self.endpoint_id or "00000000-0000-4000-8000-0000000000c1"
        self._password = f"pass-{self._count:04}"
        return Reply(body=base64.b64encode(f"{self.endpoint_id}:{self._password}".encode()))

    def _known(self, seen: Seen) -> Reply:
        if seen.call == "poll":
            self._count += 1
            self._cookie = f"SID=c{self._count}; AWSALB=b"
            cookies = (f"SID=c{self._count}; Path=/; Secure; HttpOnly", "AWSALB=b; Path=/")
            hold_s, self.hold_s = self.hold_s, 0.0
            return Reply(
                body=documents.commands(list(self.commands.values())),
                headers=tuple(("Set-Cookie", one) for one in cookies),
                hold_s=hold_s,
            )
        if seen.call == "acknowledge":
            for command_id in seen.second.split(";"):
                self.commands.pop(command_id, None)
        if seen.call in ("policy", "fragment"):
            body = self._policies.get(seen.second)
            return Reply(status=404) if body is None else Reply(body=body)
        if seen.call == "authenticate":
            return Reply(body=self._access())
        return Reply(body=b'{"conformance.watched": true}' if seen.call == "flags" else b"")

    def _access(self) -> bytes:
        return json.dumps(
            {
                "access_token": ACCESS_TOKEN,
                "token_type": "Bearer",
                "expires_in": self.expires_in,
                "role": "endpoint",
                "device_id": self.device_id,
                "tenant_id": TENANT,
            }
        ).encode()

    def _version_2(self, seen: Seen) -> Reply:
        if seen.header("Authorization") != f"Bearer {ACCESS_TOKEN}":
            return Reply(status=401)
        if seen.call == "push":
            return Reply(stream=True, headers=(("Content-Type", "text/event-stream"),))
        return Reply()
