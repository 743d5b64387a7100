"""Which server address is tried next.

* The addresses of the MCS policy come first, then the configured one; the last good one leads.
* Only https: credentials never travel in the clear (MCS-02), whatever a policy says.
* Only a failure to connect moves on to the next: an answer, of whatever kind, is an answer.

Provenance: mcs-protocol.md 1.8 (public), without relays and proxies.
"""

from collections.abc import Sequence


class Routes:
    """Server base URLs in the order of trying."""

    def __init__(self) -> None:
        self._good: str | None = None

    def ordered(self, policy_servers: Sequence[str], configured: Sequence[str]) -> tuple[str, ...]:
        """The addresses to try, each once."""
        known = (url.rstrip("/") for url in (*policy_servers, *configured))
        urls = list(dict.fromkeys(url for url in known if url.lower().startswith("https://")))
        if self._good in urls:
            urls.remove(self._good)
            urls.insert(0, self._good)
        return tuple(urls)

    def worked(self, url: str) -> None:
        """Remember the last good address."""
        self._good = url
