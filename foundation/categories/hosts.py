"""Host names in the one spelling that lists, categories and logs compare.

- Lower case, punycode, percent-decoded, full-width folded, IPv4 in any base as dotted decimal,
  IPv6 compressed and in brackets, no trailing dot: as browsers read them (WHATWG URL, by can_ada).
- can_ada keeps trailing dots; `example.com.` is the same site, so they are removed here.
- An IPv4-mapped IPv6 address is the IPv4 address, since that is where the packet goes.
- Anything that is more than a host (a port, a user, a path) is refused, never cut off.
"""

import ipaddress

import can_ada

from foundation.errors import DomainError

_NOT_IN_A_HOST = frozenset("/?#@\\ \t\r\n")


class InvalidHostError(DomainError):
    """The text is not a host name or address."""

    code = "invalid_host"
    hint = "Write a host name such as www.example.com or an IP address, without port and path."


def normalise_host(text: str) -> str:
    """Return the comparable spelling of a host name or address.

    Raises:
        InvalidHostError: The text is no host.
    """
    if not text or not _NOT_IN_A_HOST.isdisjoint(text):
        raise InvalidHostError(f"{text!r} is not a host name")
    if ":" in text and not text.startswith("["):
        if text.count(":") == 1:
            raise InvalidHostError(f"{text!r} has a port; a host name is expected")
        text = f"[{text}]"
    try:
        url = can_ada.parse(f"http://{text}/")
    except (ValueError, TypeError) as error:  # TypeError: a lone surrogate
        raise InvalidHostError(f"{text!r} is not a host name") from error
    if url.port:
        raise InvalidHostError(f"{text!r} has a port; a host name is expected")
    return tidy_host(url.hostname)


def tidy_host(hostname: str) -> str:
    """Finish what can_ada left: trailing dots and IPv4-mapped IPv6 addresses.

    Raises:
        InvalidHostError: Nothing is left.
    """
    if hostname.startswith("["):
        mapped = ipaddress.IPv6Address(hostname[1:-1]).ipv4_mapped
        return str(mapped) if mapped is not None else hostname
    host = hostname.rstrip(".")
    if not host:
        raise InvalidHostError("the host name is empty")
    return host


def is_within(host: str, domain: str) -> bool:
    """Tell whether a normalised host is the domain or one of its subdomains."""
    return host == domain or host.endswith("." + domain)
