"""What every connection of one proxy shares."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from foundation.service import Now, Tasks
from foundation.webfilter.activity import Activity
from foundation.webfilter.client import Client, Server
from foundation.webfilter.destinations import Destinations
from foundation.webfilter.interception import Interception
from foundation.webfilter.limits import Limits
from foundation.webfilter.pages import Page, Pages
from foundation.webfilter.proceed import ProceedMemory
from foundation.webfilter.refusals import ExchangeRefusedError
from foundation.webfilter.target import Target
from foundation.webfilter.verdict import Verdict, WebRequest

Decide = Callable[[WebRequest], Verdict | Awaitable[Verdict]]
"""The verdict on a request; it should await nothing but a bounded category look-up.

A verdict that is returned instead of awaited spares the request a task."""

DecideContent = Callable[[Verdict, str], Verdict]
"""The verdict once the content type is known; see `content.evaluate_content`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyContext:
    """Rules, pages, memory and limits of a proxy."""

    decide: Decide
    decide_content: DecideContent | None
    on_activity: Callable[[Activity], None]
    on_refusal: Callable[[ExchangeRefusedError], None]
    pages: Pages
    own_pages: Mapping[str, Page]
    """What the proxy answers when it is asked as a server, by authority and path."""
    proceed: ProceedMemory
    destinations: Destinations
    limits: Limits
    now: Now
    user: Callable[[str], str]
    """Who is behind a client's address."""
    tasks: Tasks
    name: str
    interception: Interception | None
    """What looks into HTTPS; None leaves every tunnel closed."""
    serve_inside: Callable[[Client, Target], Server]
    """Serves what a client sends inside a CONNECT to the target."""
