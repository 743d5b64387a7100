"""A URL rewriter for squid and its kin: lines in, lines out, decided by a web policy.

- A line is `[channel-ID] URL client/name user method [more]`; the answer is `ERR` (leave it) or
  `OK rewrite-url="..."`, after the channel-ID if there was one, as squid 3.4 and later want it.
- What is there is answered in one go, in order; nobody waits for a line that was not sent yet.
- A line that makes no sense is answered `BH`, never left unanswered: squid counts answers.
- In the older form (`legacy`) the answer is the new URL alone, or an empty line, which also answers
  a line that makes no sense.
- Before lines are answered, whoever gave the policy is asked for a newer one.
- A request that is blocked or warned of is sent to a page elsewhere; its address has `%a` for
  the action, `%r` for the reason, `%u` for the URL. A URL in normal form has no quotation mark or
  space, so that it can stand in the answer as it is.

Provenance: public (squid's helper protocol; the roles are squidGuard's).
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote

from foundation.categories.category import CategorySource
from foundation.present import Now
from foundation.webfilter.engine import Engine
from foundation.webfilter.engine_case import Requester
from foundation.webfilter.policy import Outcome
from foundation.webfilter.verdict import VerdictReason, WebRequest

DEFAULT_PAGE: Final = "http://utmlab.invalid/%a?reason=%r&url=%u"
"""A name that nobody can own: where people are to be sent is the administrator's choice."""
READ_AT_ONCE: Final = 1 << 16
MOST_CLIENTS: Final = 4096
_LONGEST_LINE: Final = 1 << 20


class Redirector:
    """Answers lines.

    Args:
        engine: The policy.
        categories: What is known of sites.
        now: The present.
        page: Where blocked requests are sent.
        newer: Gives an engine when the policy has changed since it was asked last.
        legacy: Answer in the form of squid before 3.4.
    """

    def __init__(
        self,
        engine: Engine,
        categories: CategorySource,
        *,
        now: Now,
        page: str = DEFAULT_PAGE,
        newer: Callable[[], Engine | None] = lambda: None,
        legacy: bool = False,
    ) -> None:
        self._engine = engine
        self._categories = categories
        self._now = now
        self._page = page
        self._newer = newer
        self._left, self._senseless = ("", "") if legacy else ("ERR", "BH")
        self._before, self._after = ("", "") if legacy else ('OK rewrite-url="', '"')
        self._clients: dict[str, tuple[str, Requester]] = {}
        self._pages: dict[tuple[Outcome, VerdictReason], list[str]] = {}

    def serve(self, read: Callable[[int], bytes], write: Callable[[bytes], object]) -> None:
        """Answer until there is no more; the last line may lack its end."""
        rest = b""
        while data := read(READ_AT_ONCE):
            whole, end, rest = (rest + data).rpartition(b"\n")
            if end:
                write(self.answers(whole))
            if len(rest) > _LONGEST_LINE:
                write(f"{self._senseless}\n".encode())
                rest = b""
        if rest:
            write(self.answers(rest))

    def answers(self, text: bytes) -> bytes:
        """Return the answers to lines, each with its end; of the last line it is left out."""
        if (newer := self._newer()) is not None:
            self._engine = newer
            self._clients.clear()  # what is known of a client belongs to an engine
        at, categories = self._now(), self._categories
        found, clients, pages = self._engine.found, self._clients, self._pages
        before, after, left = self._before, self._after, self._left
        out: list[str] = []
        for line in text.decode("utf-8", "replace").split("\n"):
            url, _, rest = line.partition(" ")
            channel = ""
            if url.isdigit():
                channel = url + " "
                url, _, rest = rest.partition(" ")
            known = clients.get(rest) or self._client(url, rest)
            if known is None:
                out.append(f"{channel}{self._senseless}\n")
                continue
            like, there, _, _ = found(url, known[0], known[1], at, categories)
            if like.action == "allow":
                out.append(f"{channel}{left}\n")
                continue
            kind = like.action, like.reason
            page = pages.get(kind) or self._page_of(*kind)
            if kind[1] is VerdictReason.INVALID_URL:
                there = quote(there, safe="", errors="replace")
            out.append(f"{channel}{before}{there.join(page)}{after}\n")
        return "".join(out).encode()

    def _client(self, url: str, rest: str) -> tuple[str, Requester] | None:
        """Read what follows the URL; None when the line makes no sense."""
        words = rest.split()
        if not url or len(words) < 3:
            return None
        user = unquote(words[1]) if words[1] != "-" else ""
        request = WebRequest(url, words[2], self._now(), user, words[0].partition("/")[0])
        if len(self._clients) >= MOST_CLIENTS:
            self._clients.clear()
        known = self._clients[rest] = (words[2], self._engine.requester(request))
        return known

    def _page_of(self, action: Outcome, reason: VerdictReason) -> list[str]:
        """Return the pieces of the page's address, between which the URL stands."""
        page = self._page.replace("%a", action).replace("%r", reason.value)
        pieces = self._pages[action, reason] = page.split("%u")
        return pieces
