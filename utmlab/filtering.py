"""Who filters where: the UTM's gateway, and each computer's own Web Control.

- From stored state; only whether the gateway can be reached is tried out, from the address that a
  computer has at the office, and only while a lab runs.

Provenance: the rule is Web Control's own, `endpoint/web_control/standing_back.py`.
"""

import json
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from endpoint.host import HostFolder
from endpoint.network import Network
from endpoint.reading import EndpointArchive
from endpoint.web_control.standing_back import stands_back
from utmlab.finding import Finding
from utmlab.office import network_of
from utmlab.places import Places

CONNECT_S: Final = 2.0
_FACTORY_PORT: Final = 8080


def gateway_of(places: Places) -> dict[str, Any]:
    """Return `url`, `host` and `port` of the gateway's proxy; empty before it ever listened."""
    try:
        note = json.loads(places.gateway_note.read_bytes())
        return {"url": str(note["url"]), "host": str(note["host"]), "port": int(note["port"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"url": "", "host": "", "port": 0}


def whereabouts(host: HostFolder) -> dict[str, str]:
    """Return where a computer is, and its address at the office if it ever was there."""
    network = network_of(host)
    return {"location": network.location, "office_address": network.source}


def filtered_by(host: HostFolder) -> str:
    """Return who decides on a computer's requests now: `gateway` or `web_control`."""
    network = network_of(host)
    if not network.is_office:
        return "web_control"
    enforced = EndpointArchive(host.root).web_policy
    return (
        "gateway" if stands_back(network, enforced.policy if enforced else None) else "web_control"
    )


def can_reach(host: str, port: int, source: str = "") -> bool:
    """Tell whether a connection can be made, from an address of this machine."""
    try:
        with socket.create_connection(
            (host, port), timeout=CONNECT_S, source_address=(source, 0) if source else None
        ):
            return True
    except OSError:
        return False


def filter_findings(
    places: Places,
    names: Iterable[str],
    *,
    wanted_port: int,
    is_running: bool,
    reach: Callable[..., bool] = can_reach,
) -> Iterable[Finding]:
    """Yield where the gateway is, and who filters for each computer.

    Args:
        places: Where the lab keeps its things.
        names: The computers that are installed.
        wanted_port: Node http.port.
        is_running: Whether the UTM runs.
        reach: Tries a connection to host and port from an address.
    """
    gateway = gateway_of(places)
    if is_running:
        yield from _of_gateway(
            gateway, wanted_port, is_listening=reach(gateway["host"], gateway["port"])
        )
    for name in names:
        host = HostFolder(places.host(name))
        network = network_of(host)
        if not network.is_office:
            yield Finding("ok", name, "roaming: its own Web Control filters")
        elif filtered_by(host) == "web_control":
            yield Finding("ok", name, "at the office, and its own Web Control filters there too")
        elif not is_running or reach(gateway["host"], gateway["port"], network.source):
            yield Finding(
                "ok", name, f"at the office as {network.source}: the UTM's gateway filters"
            )
        else:
            yield Finding("error", name, _unreachable(network, gateway))


def _of_gateway(
    gateway: Mapping[str, Any], wanted_port: int, *, is_listening: bool
) -> Iterable[Finding]:
    if not is_listening:
        where = gateway["url"] or "anywhere"
        yield Finding("error", "gateway", f"the UTM's web filter does not listen on {where}")
    elif wanted_port not in (_FACTORY_PORT, gateway["port"]):
        sentence = f"node http.port asks for {wanted_port}, the proxy stays on {gateway['port']}"
        yield Finding("error", "gateway", f"{sentence}: the port was taken; set the node again")
    else:
        yield Finding("ok", "gateway", f"the UTM's web filter listens on {gateway['url']}")


def _unreachable(network: Network, gateway: Mapping[str, Any]) -> str:
    where = gateway["url"] or "the gateway"
    return f"at the office as {network.source}, and cannot reach {where}: nothing passes"
