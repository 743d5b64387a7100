"""Where Web Control listens, and how others learn it.

- The port stays the same over restarts, as long as nobody else has taken it.
- `proxy.json` says where it is, or was last; the PAC file leads browsers there.
"""

import json
from collections.abc import Callable
from pathlib import Path

from endpoint.host import HostFolder
from endpoint.logs import EndpointLog
from endpoint.web_control.pac import PAC_PATH, OwnPages, pac_file, pac_page
from foundation.durable.files import write_atomic
from foundation.net.http_server import PortInUseError
from foundation.webfilter.proxy import FilteringProxy


def proxy_file(host: HostFolder) -> Path:
    """Return where Web Control notes its address."""
    return host.web_control / "proxy.json"


def proxy_url_of(host: HostFolder) -> str:
    """Return the address Web Control had when it last started; empty if it never did."""
    try:
        return str(json.loads(proxy_file(host).read_bytes())["url"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return ""


async def start_proxy(
    host: HostFolder, log: EndpointLog, wanted: int, make: Callable[[int], FilteringProxy]
) -> FilteringProxy:
    """Start a proxy on the port that is wanted, else on the one from before, else on any.

    Raises:
        PortInUseError: The port that is wanted is taken.
    """
    ports = [wanted] if wanted else [_port_before(host), 0]
    for port in ports[:-1]:
        proxy = make(port)
        try:
            await proxy.start()
        except PortInUseError:
            log.information("WebControl", f"Port {port} is taken by another program")
        else:
            return proxy
    proxy = make(ports[-1])
    await proxy.start()
    return proxy


def announce(host: HostFolder, address: str, port: int, own_pages: OwnPages) -> str:
    """Say where the proxy is, in the host folder and as a page of its own; return its URL."""
    url = f"http://{address}:{port}"
    write_atomic(proxy_file(host), json.dumps({"version": 1, "url": url, "port": port}).encode())
    page = pac_page(url)
    for name in {address, "localhost"}:
        own_pages[f"{name}:{port}{PAC_PATH}"] = page
    write_atomic(pac_file(host), page.body)
    return url


def _port_before(host: HostFolder) -> int:
    try:
        return int(json.loads(proxy_file(host).read_bytes())["port"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return 0
