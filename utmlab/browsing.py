"""A person's browser, as far as a lab needs one: a real HTTP client behind Web Control.

- The page is fetched through the proxy of a computer, as an operating system's setting would.
- Going past a warning does what the page's button does: it posts the form that the page holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

import aiohttp

TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Page:
    """What came back.

    Attributes:
        url: What was asked for.
        status: The HTTP status code.
        text: The page.
        headers: Its headers.
        proceeded: Whether a warning was gone past on the way.
    """

    url: str
    status: int
    text: str
    headers: Mapping[str, str]
    proceeded: bool = False

    @property
    def title(self) -> str:
        """The page's title, as a reader would name it."""
        begin, end = self.text.find("<title>"), self.text.find("</title>")
        return self.text[begin + 7 : end].strip() if 0 <= begin < end else ""


async def browse(
    proxy_url: str, url: str, *, proceed: bool = False, headers: Mapping[str, str] | None = None
) -> Page:
    """Fetch a page through a proxy.

    Args:
        proxy_url: The computer's Web Control proxy.
        url: What to fetch.
        proceed: If a warning comes, go past it.
        headers: Further request headers.
    """
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
        sent = {"Accept": "text/html", **(headers or {})}
        try:
            async with session.get(url, proxy=proxy_url, headers=sent) as answer:
                page = Page(url, answer.status, await answer.text(), dict(answer.headers))
        except aiohttp.ClientHttpProxyError as refusal:
            # A CONNECT that the proxy refuses has no page for the browser, only a status.
            refused = dict((refusal.headers or {}).items())
            return Page(url, refusal.status, refusal.message, refused)
        form = _FormReader.read(page.text) if proceed and page.status == 403 else None
        if form is None:
            return page
        target = urljoin(url, form.action)
        async with session.post(target, data=form.fields, proxy=proxy_url, headers=sent) as answer:
            text = await answer.text()
            return Page(url, answer.status, text, dict(answer.headers), proceeded=True)


class _FormReader(HTMLParser):
    """Finds the first form of a page and its hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self._found = False

    @classmethod
    def read(cls, text: str) -> "_FormReader | None":
        reader = cls()
        reader.feed(text)
        return reader if reader._found else None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and not self._found:
            self._found = True
            self.action = values.get("action", "")
        elif tag == "input" and values.get("name"):
            self.fields[values["name"]] = values.get("value", "")
