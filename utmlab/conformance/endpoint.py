"""The calls of one enrolled endpoint, headers exactly as section 1.2 lists them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from utmlab.conformance.outcomes import Violation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from utmlab.conformance.wire import Answer, Wire

USER_AGENT = "Sophos MCS Client/1.2.3.4 Linux sessions regToken"
XML_TYPE = "application/xml; charset=utf-8"
APPS = ("AGENT", "ALC", "APPSPROXY", "DEVCTL", "MCS", "SAV", "SWC", "TPROT")


def basic(*parts: str) -> str:
    """Return an Authorization value: the parts joined by colons, in base64."""
    return "Basic " + base64.b64encode(":".join(parts).encode("utf-8")).decode("ascii")


def read_credentials(answer: Answer) -> tuple[str, str]:
    """Read the answer to a registration: base64 of `id:password`, split at the first colon.

    Raises:
        Violation: If it is anything else.
    """
    expect_200(answer)
    try:
        plain = base64.b64decode(answer.body.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Violation(f"the answer to register is not base64 of text: {error}") from error
    endpoint_id, colon, password = plain.partition(":")
    if not colon or not endpoint_id or not password:
        raise Violation("the answer to register is not base64 of id:password")
    return endpoint_id, password


def expect_200(answer: Answer) -> Answer:
    """Return the answer if its status is exactly 200.

    Raises:
        Violation: If it is anything else, which clients take for an error.
    """
    if answer.status != 200:
        raise Violation(f"{answer.call} was answered {answer.status}, success is exactly 200")
    return answer


@dataclass(slots=True)
class Endpoint:
    """One endpoint as the server knows it."""

    wire: Wire
    endpoint_id: str
    password: str
    cookies: dict[str, str] = field(default_factory=dict)

    async def call(
        self,
        method: str,
        path: str,
        body: str | bytes = b"",
        *,
        authorization: str | None = None,
        more: dict[str, str] | None = None,
    ) -> Answer:
        """Send one call with this endpoint's credentials and cookies.

        Args:
            method: The HTTP method.
            path: Relative to the base.
            body: Text is sent as UTF-8.
            authorization: Another Authorization value; empty sends none.
            more: Further headers.
        """
        if authorization is None:
            authorization = basic(self.endpoint_id, self.password)
        headers = {"Authorization": authorization} if authorization else {}
        headers |= {"Content-Type": XML_TYPE, "User-Agent": USER_AGENT} | (more or {})
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        data = body.encode("utf-8") if isinstance(body, str) else body
        answer = await self.wire.request(method, path, headers, data)
        if answer.status == 200:
            for cookie in answer.all_headers("Set-Cookie"):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name.strip()] = value
        elif answer.status not in (401, 504):
            self.cookies.clear()
        return answer

    async def poll(self, apps: Sequence[str] = APPS) -> Answer:
        """Call 4: ask for commands."""
        return await self.call(
            "GET", f"/commands/applications/{';'.join(apps)}/endpoint/{self.endpoint_id}"
        )

    async def policy(self, app: str, policy_id: str) -> Answer:
        """Call 5: fetch a policy."""
        return await self.call("GET", f"/policy/application/{app}/{policy_id}")

    async def fragment(self, app: str, fragment_id: str) -> Answer:
        """Call 6: fetch a piece of a policy."""
        return await self.call("GET", f"/policy/fragment/application/{app}/{fragment_id}")

    async def acknowledge(self, *command_ids: str, method: str = "DELETE") -> Answer:
        """Call 7: tell that commands have arrived."""
        return await self.call(
            method, f"/commands/endpoint/{self.endpoint_id}/{';'.join(command_ids)}"
        )

    async def authenticate(self) -> Answer:
        """Call 8: ask for an access token."""
        return await self.call("POST", f"/authenticate/endpoint/{self.endpoint_id}/role/endpoint")

    async def flags(self) -> Answer:
        """Call 9: ask for feature flags."""
        return await self.call("GET", f"/flags/endpoint/{self.endpoint_id}")

    async def put_statuses(self, document: str) -> Answer:
        """Call 10: send statuses."""
        return await self.call("PUT", f"/statuses/endpoint/{self.endpoint_id}", document)

    async def post_events(self, document: str) -> Answer:
        """Call 11: send events."""
        return await self.call("POST", f"/events/endpoint/{self.endpoint_id}", document)
