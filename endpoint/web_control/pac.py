"""The PAC file of a computer: how a browser finds Web Control.

- Everything goes through Web Control, except the machine itself; there is no way around it when it
  does not answer, since that would be a way around the policy.
- Written into the host folder and served by Web Control at `/proxy.pac`.

Provenance: the format is public (Netscape's); that Web Control is a proxy is ours.
"""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from endpoint.host import HostFolder
from foundation.webfilter.pages import Page

PAC_PATH: Final = "/proxy.pac"
OwnPages = dict[str, Page]
"""What Web Control serves itself, by `host:port/path`."""

PAC_TYPE: Final = "application/x-ns-proxy-autoconfig"


def pac_file(host: HostFolder) -> Path:
    """Return where a computer's PAC file lies."""
    return host.web_control / "proxy.pac"


def pac_url(proxy_url: str) -> str:
    """Return where Web Control serves it; empty when there is no Web Control."""
    return proxy_url + PAC_PATH if proxy_url else ""


def pac_text(proxy_url: str) -> str:
    """Return the PAC file for a proxy."""
    return f"""// Sends everything but this machine itself through Web Control.
function FindProxyForURL(url, host) {{
  if (host === "localhost" || host === "[::1]" || host === "::1" ||
      shExpMatch(host, "*.localhost") || /^127(\\.[0-9]+){{3}}$/.test(host)) {{
    return "DIRECT";
  }}
  return "PROXY {urlsplit(proxy_url).netloc}";
}}
"""


def pac_page(proxy_url: str) -> Page:
    """Return the PAC file as Web Control serves it."""
    return Page(pac_text(proxy_url).encode(), PAC_TYPE)
