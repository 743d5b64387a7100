"""The client's cookies: a name and a value, nothing else is understood.

* A Set-Cookie is cut at its first ``;``; path, expiry and domain are not looked at.
* Only answers with 200 set cookies; when they are cleared is :mod:`endpoint.mcs_client.reactions`.

Provenance: mcs-protocol.md 1.2 (public).
"""

from collections.abc import Iterable


class Cookies:
    """Name → value, sent back in the order they were first set."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def store(self, set_cookie_headers: Iterable[str]) -> None:
        """Take the cookies of an answer."""
        for header in set_cookie_headers:
            name, equals, value = header.partition(";")[0].partition("=")
            if equals and name.strip():
                self._values[name.strip()] = value.strip()

    @property
    def header(self) -> str:
        """The Cookie header; empty when there is none to send."""
        return "; ".join(f"{name}={value}" for name, value in self._values.items())

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()
