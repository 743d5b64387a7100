"""The office: the network behind the UTM, into which computers are moved and out of it again.

- Every computer has an address of its own there, 127.77.x.y, given at its first move and kept; it
  is how the gateway tells computers apart, and with it who is logged in (ours: a real gateway asks
  a directory).
- Where a computer is stands in its own folder, so it is there again after a restart; then only the
  gateway's address is brought up to date.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import Any, ClassVar, Final

from endpoint.computer_facts import load_computer
from endpoint.host import HostFolder
from endpoint.network import (
    LOCATIONS,
    Location,
    Network,
    NetworkFileDamagedError,
    at_gateway,
    load_network,
    store_network,
)
from foundation.errors import DomainError
from utm.web_filter.clients import WebClient, write_clients
from utmlab.places import Places

OFFICE: Final = IPv4Network("127.77.0.0/16")
"""The source network of the office, for profiles of the gateway."""


class UnknownLocationError(DomainError):
    """A place that a computer cannot be moved to."""

    code: ClassVar[str] = "unknown_location"
    hint: ClassVar[str] = f"One of: {', '.join(LOCATIONS)}."


class OfficeFullError(DomainError):
    """Every address of the office is given."""

    code: ClassVar[str] = "office_full"
    hint: ClassVar[str] = "Use another data folder for more computers."


def checked_location(text: str) -> Location:
    """Return a location by its name.

    Raises:
        UnknownLocationError: If there is none of that name.
    """
    for location in LOCATIONS:
        if text == location:
            return location
    raise UnknownLocationError(f"there is no location {text!r}")


def plug_in(places: Places, host: HostFolder, gateway: Mapping[str, Any]) -> Network:
    """Put a computer behind the gateway; who it is there is known before it is there.

    Raises:
        OfficeFullError: If no address is left.
    """
    network = Network(
        location="office",
        gateway_host=str(gateway["host"]),
        gateway_port=int(gateway["port"]),
        source=network_of(host).source or _free_address(places),
        gateway_note=str(places.gateway_note),
    )
    write_clients(places.web_clients, {**_clients(places), network.source: _client(host)})
    store_network(host, network)
    return network


def unplug(host: HostFolder) -> Network:
    """Let a computer roam; its address at the office stays its own."""
    network = Network(source=network_of(host).source)
    store_network(host, network)
    return network


def network_of(host: HostFolder) -> Network:
    """Return where a computer is, with the gateway where it is now; a damaged file says nothing."""
    try:
        return at_gateway(load_network(host))
    except NetworkFileDamagedError:
        return Network()


def at_the_office(hosts: Iterable[HostFolder]) -> list[HostFolder]:
    """Return those that are behind the gateway."""
    return [host for host in hosts if network_of(host).is_office]


def _clients(places: Places) -> dict[str, WebClient]:
    return {network_of(host).source: _client(host) for host in _hosts(places)}


def _client(host: HostFolder) -> WebClient:
    return WebClient(host.name, load_computer(host).last_logged_on_user)


def _hosts(places: Places) -> list[HostFolder]:
    """Return the computers that have an address at the office."""
    hosts = (HostFolder(places.host(name)) for name in places.host_names())
    return [host for host in hosts if network_of(host).source]


def _free_address(places: Places) -> str:
    taken = {network_of(host).source for host in _hosts(places)}
    for address in OFFICE.hosts():
        if str(address) not in taken:
            return str(address)
    raise OfficeFullError(f"all addresses of {OFFICE} are given")
