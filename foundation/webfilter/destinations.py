"""Where a request really goes: the lab's own internet first, then the name service.

- `connect_to` maps hosts to addresses: `games.example`, `*.example` (everything below it), `*`;
  each may carry a port (`*.example:443`), and one with a port wins over one without. The nearest
  pattern wins.
- Never reached through the proxy: link-local, multicast and unspecified addresses (a cloud's
  metadata service is link-local), and the lab's management ports on this machine's own addresses.
- Addresses are judged after the name is resolved, so that a name cannot hide one.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from foundation.webfilter.refusals import DestinationRefusedError, OriginUnreachableError

ConnectTo = Mapping[str, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Destinations:
    """The map, and the ports that nobody may reach; both are asked anew for each connection."""

    connect_to: ConnectTo
    refuse_ports: Callable[[], frozenset[int]]

    async def addresses_of(self, host: str, port: int) -> list[tuple[str, int]]:
        """Return the addresses to try, in order.

        Raises:
            DestinationRefusedError: None of them may be reached.
            OriginUnreachableError: The name does not resolve.
        """
        mapped = mapped_address(self.connect_to, host, port)
        if mapped is not None:
            return [self._checked(*mapped)]
        bare = host.strip("[]")
        if _is_literal(bare):
            return [self._checked(bare, port)]
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                bare, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            raise OriginUnreachableError(f"{host} does not resolve") from error
        addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
        return [self._checked(address, port) for address in addresses]

    def _checked(self, address: str, port: int) -> tuple[str, int]:
        parsed = ipaddress.ip_address(address.partition("%")[0])
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        if parsed.is_link_local or parsed.is_multicast:
            raise DestinationRefusedError(f"{parsed} is a link-local or multicast address")
        if parsed.is_unspecified:
            raise DestinationRefusedError(f"{parsed} is no address of a site")
        if port in self.refuse_ports() and _is_own(parsed):
            raise DestinationRefusedError(f"port {port} of this machine is not reachable from here")
        return address, port


def mapped_address(connect_to: ConnectTo, host: str, port: int) -> tuple[str, int] | None:
    """Return the address that the map gives for a host and port."""
    if not connect_to:
        return None
    patterns = [host]
    rest = host
    while "." in rest:
        rest = rest.partition(".")[2]
        patterns.append(f"*.{rest}")
    patterns.append("*")
    for pattern in patterns:
        found = connect_to.get(f"{pattern}:{port}") or connect_to.get(pattern)
        if found is not None:
            return found
    return None


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether an address is this machine's: only then can a socket be bound to it."""
    if address.is_loopback:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
