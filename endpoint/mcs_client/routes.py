"""Which way to which server address is tried next. Pure but for remembering the last good one.

* Ways: message relays by priority, compared as text, then by the distance of their address to this
  computer's; the policy's proxies; the system's, if they may be used; and none, if that may be.
* Addresses: those of the MCS policy come first, then the configured one.
* The last good way to the last good address leads. Only https: credentials never travel in the
  clear (MCS-02), whatever a policy says.
* Only a failure to connect moves on to the next: an answer, of whatever kind, is an answer.

Provenance: mcs-protocol.md 1.8 (public); a name instead of an address is the farthest (ours).
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from endpoint.mcs_client.proxy_auth import ProxyCredentials, credentials_of
from foundation.protocol.mcs_policy import MessageRelay

_FARTHEST: Final = 1 << 129
_DEFAULT_PROXY_PORT: Final = 8080


@dataclass(frozen=True, slots=True)
class Via:
    """A proxy or a relay, by which a tunnel is opened with CONNECT.

    Attributes:
        host: Its address.
        port: Its port.
        relay_id: The endpoint that it is; empty for a proxy.
        credentials: Who asks.
    """

    host: str
    port: int
    relay_id: str = ""
    credentials: ProxyCredentials | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Its URL, without credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Route:
    """A server's base URL and the way to it; without a way it is direct."""

    url: str
    via: Via | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What policy and system say about ways.

    Attributes:
        relays: The policy's message relays.
        proxies: The policy's proxies, `http://HOST:PORT` or `HOST:PORT`.
        proxy_credentials: Of the policy's proxies that carry none in their URL.
        system_proxies: Those of the machine.
        use_system_proxy: Whether they may be used.
        use_direct: Whether the server may be asked without any.
    """

    relays: tuple[MessageRelay, ...] = ()
    proxies: tuple[str, ...] = ()
    proxy_credentials: tuple[str, ...] = field(default=(), repr=False)
    system_proxies: tuple[str, ...] = ()
    use_system_proxy: bool = True
    use_direct: bool = True


class Routes:
    """The routes of one client, in the order of trying."""

    def __init__(self, own_address: str = "") -> None:
        self._own_address = own_address
        self._good: Route | None = None

    def ordered(
        self, policy_servers: Sequence[str], configured: Sequence[str], ways: Ways | None = None
    ) -> tuple[Route, ...]:
        """The routes to try, each once."""
        known = (url.rstrip("/") for url in (*policy_servers, *configured))
        urls = list(dict.fromkeys(url for url in known if url.lower().startswith("https://")))
        if self._good is not None and self._good.url in urls:
            urls.remove(self._good.url)
            urls.insert(0, self._good.url)
        vias = ways_in_order(ways or Ways(), self._own_address)
        routes = [Route(url, via) for url in urls for via in vias]
        if self._good in routes:
            routes.remove(self._good)
            routes.insert(0, self._good)
        return tuple(routes)

    def to(self, server: str, ways: Ways) -> tuple[Route, ...]:
        """The routes to another server, as the push server: by the last good way first."""
        if not server.lower().startswith("https://"):
            return ()
        vias = list(ways_in_order(ways, self._own_address))
        if self._good is not None and self._good.via in vias:
            vias.remove(self._good.via)
            vias.insert(0, self._good.via)
        return tuple(Route(server, via) for via in vias)

    def worked(self, route: Route) -> None:
        """Remember the last good route."""
        self._good = route


def ways_in_order(ways: Ways, own_address: str) -> tuple[Via | None, ...]:
    """Return the ways in the order of trying; None is the direct one."""
    relays = sorted(
        ways.relays, key=lambda one: (str(one.priority), distance(own_address, one.address))
    )
    encoded = next(iter(ways.proxy_credentials), "")
    proxies = [_proxy(text, encoded) for text in ways.proxies]
    if ways.use_system_proxy:
        proxies += [_proxy(text, "") for text in ways.system_proxies]
    found: list[Via | None] = [Via(one.address, one.port, one.id) for one in relays]
    found += [proxy for proxy in proxies if proxy is not None]
    if ways.use_direct:
        found.append(None)
    return tuple(dict.fromkeys(found))


def distance(one: str, other: str) -> int:
    """Return how far two addresses are from each other: the XOR of their bits."""
    try:
        first, second = ipaddress.ip_address(one), ipaddress.ip_address(other)
    except ValueError:
        return _FARTHEST
    return int(first) ^ int(second) if first.version == second.version else _FARTHEST


def _proxy(text: str, encoded: str) -> Via | None:
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _DEFAULT_PROXY_PORT
    except ValueError:
        return None
    return Via(host, port, "", credentials_of(url, encoded)) if host else None
