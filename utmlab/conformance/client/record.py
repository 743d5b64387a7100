"""What a client sent, request by request."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

_CALLS = (
    ("poll", "GET", r"/commands/applications/([^/]+)/endpoint/([^/]+)"),
    ("acknowledge", "DELETE|GET", r"/commands/endpoint/([^/]+)/(.+)"),
    ("policy", "GET", r"/policy/application/([^/]+)/(.+)"),
    ("fragment", "GET", r"/policy/fragment/application/([^/]+)/(.+)"),
    ("register", "POST", r"/register()()"),
    ("authenticate", "POST", r"/authenticate/endpoint/([^/]+)/role/endpoint()"),
    ("flags", "GET", r"/flags/endpoint/([^/]+)()"),
    ("statuses", "PUT", r"/statuses/endpoint/([^/]+)()"),
    ("events", "POST", r"/events/endpoint/([^/]+)()"),
    ("response", "POST", r"/v2/responses/device/([^/]+)/app_id/[^/]+/correlation_id/(.+)"),
    ("data_feed", "POST", r"/v2/data_feed/device/([^/]+)/feed_id/(.+)"),
    ("push", "GET", r"/v2/push/device/([^/]+)()"),
    ("capabilities", "GET", r"/?()()"),
)
VERSION_2 = frozenset({"response", "data_feed", "push"})
V1 = frozenset(name for name, _, _ in _CALLS) - VERSION_2 - {"capabilities", "register"}


@dataclass(slots=True, kw_only=True, eq=False)
class Seen:
    """One request, and when it was answered how.

    Attributes:
        at: Loop time at which it was complete.
        connection: Number of the connection it came on.
        version: As in the request line.
        call: The call of section 1.3, or `unknown`.
        first: What stands first in its path: an endpoint, an app or a device.
        second: What stands second: a command, a policy or a fragment; of a poll the endpoint.
        overlaps: Whether another request was still unanswered.
        status: What it was answered; 0 for no answer.
        answered_at: Loop time of the answer's last byte.
        cookie: The cookie that a right client sent with it.
        fault: The name of the fault that it met, if any.
    """

    at: float
    connection: int
    method: str
    path: str
    version: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    call: str
    first: str
    second: str
    overlaps: bool = False
    status: int = 0
    answered_at: float = 0.0
    cookie: str = ""
    fault: str = ""

    def header(self, name: str) -> str | None:
        """Return the first header of that name, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", errors="replace")

    @property
    def basic(self) -> list[str]:
        """The parts of a Basic credential, empty without one."""
        scheme, _, encoded = (self.header("Authorization") or "").partition(" ")
        try:
            decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            return []
        return decoded.split(":") if scheme == "Basic" and decoded else []


def classify(method: str, path: str) -> tuple[str, str, str]:
    """Return the call and what its path names; `unknown` for what is no call."""
    for name, methods, pattern in _CALLS:
        found = re.fullmatch(pattern, path)
        if found and method in methods.split("|"):
            return name, found[1], found[2]
    return "unknown", "", ""
