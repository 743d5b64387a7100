"""URLs read at speed: one parse, one cut, for the URLs that browsers really send.

- The plain form is what can_ada prints again as it stands: no user, no fragment, no empty query, no
  trailing dot, no IPv6. Everything else goes to `read_target`, which knows all of it.
- Both read through can_ada, so that the two can never see different hosts.

Provenance: ours.
"""

from typing import Final

import can_ada

from foundation.webfilter.target import LONGEST_URL, Target, read_target

_NOT_IN_AN_AUTHORITY: Final = frozenset("/?#@\\")
_BEFORE_AND_AFTER: Final = len("https:///")
_parse: Final = can_ada.parse

Reading = tuple[str, str, str, bool]
"""What the engine needs of a `Target`: its url, visible, host, is_path_visible."""


def path_of(url: str) -> str:
    """Return the path of a target's URL, without the query."""
    return url[url.index("/", 8) :].partition("?")[0]


def read_quickly(url: str | Target, method: str, *, https_sees: str) -> Reading:
    """Read the URL of a request, or the authority of a CONNECT; a target has been read already.

    Raises:
        InvalidTargetError: It is too long, malformed, or neither http nor https.
    """
    if isinstance(url, Target):
        if url.scheme == "http":  # of https it depends what is visible
            return url.url, url.visible, url.host, True
        url = url.url
    text = url
    if len(method) == 7 and method.upper() == "CONNECT":
        text = f"https://{url}/" if _NOT_IN_AN_AUTHORITY.isdisjoint(url) else ""
    if len(url) <= LONGEST_URL and (text[:7] == "http://" or text[:8] == "https://"):
        try:
            href: str = _parse(text).href
        except (ValueError, TypeError):
            href = "#"  # the slow reading says what is wrong
        if "#" not in href and href[-1] != "?" and len(href) <= LONGEST_URL:
            scheme, _, authority, _ = href.split("/", 3)
            host = authority.partition(":")[0] if ":" in authority else authority
            # No user, no IPv6, no trailing dot.
            if host[0] != "[" and host[-1] != "." and "@" not in authority:
                if scheme == "http:":
                    return href, href, host, True
                is_open = https_sees == "url"
                visible = href if is_open else href[: len(authority) + _BEFORE_AND_AFTER]
                return href, visible, host, is_open
    target = read_target(url, method, https_sees=https_sees)
    return target.url, target.visible, target.host, target.is_path_visible
