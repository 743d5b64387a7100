r"""What a request asks for, read as a browser would read it.

- URLs go through can_ada only; the standard library reads the wrong host from
  `http://a.example\@b.example/`.
- A CONNECT names an authority; its URL is `https://host/`, with the port unless it is 443.
- `visible` is what patterns see. Of an https URL that is the host, because nobody decrypts it on
  an endpoint (switch `https_sees`).
- User and password never become part of a target, so that no log or page repeats them.
"""

from typing import Any, NamedTuple

import can_ada

from foundation.categories.hosts import InvalidHostError, tidy_host
from foundation.errors import DomainError

LONGEST_URL = 8_192
"""Longer ones are refused, before and after they are brought into normal form, so that nobody gets
past a pattern by a URL too long to search. Common servers and caches read no longer ones."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


class InvalidTargetError(DomainError):
    """The URL cannot be read, or is not one that a web filter handles."""

    code = "invalid_url"
    hint = "Use an http or https URL, or host:port with CONNECT."


class Target(NamedTuple):
    """A parsed URL: `url` in normal form, `visible` as patterns see it, `path` with query."""

    url: str
    visible: str
    scheme: str
    host: str
    port: int
    path: str
    is_path_visible: bool

    @property
    def authority(self) -> str:
        """The host, with the port unless it is the scheme's own."""
        default = self.port == _DEFAULT_PORTS[self.scheme]
        return self.host if default else f"{self.host}:{self.port}"


def read_target(url: str, method: str = "GET", *, https_sees: str = "host") -> Target:
    """Read the URL of a request, or the authority of a CONNECT.

    Raises:
        InvalidTargetError: It is too long, malformed, or neither http nor https.
    """
    _check_length(url)
    if method == "GET":
        plain = _read_plain(url)
        if plain is not None:
            _check_length(plain.url)
            return plain
    parsed = _parse(_authority_url(url) if method.upper() == "CONNECT" else _with_scheme(url))
    scheme = parsed.protocol.removesuffix(":")
    if scheme not in _DEFAULT_PORTS:
        raise InvalidTargetError(f"{scheme} is not a scheme of the web")
    try:
        host = tidy_host(parsed.hostname)
    except InvalidHostError as error:
        raise InvalidTargetError(str(error)) from error
    port = int(parsed.port) if parsed.port else _DEFAULT_PORTS[scheme]
    shown = host if port == _DEFAULT_PORTS[scheme] else f"{host}:{port}"
    path = parsed.pathname + parsed.search
    seen = scheme == "http" or https_sees == "url"
    visible = f"{scheme}://{shown}{path if seen else '/'}"
    whole = f"{scheme}://{shown}{path}"
    _check_length(whole)
    return Target(whole, visible, scheme, host, port, path, seen)


def _check_length(url: str) -> None:
    if len(url) > LONGEST_URL:
        raise InvalidTargetError(f"the URL has {len(url)} characters; {LONGEST_URL} are read")


def _read_plain(url: str) -> Target | None:
    """Cut an http URL that can_ada prints again as it stands, as nearly all are; else None."""
    try:
        href: str = can_ada.parse(url).href
    except (ValueError, TypeError):
        return None
    if not href.startswith("http://") or "@" in href or "#" in href or href[-1] == "?":
        return None
    end = href.index("/", 7)
    host, _, port = href[7:end].partition(":")
    if host[-1] == "." or host[0] == "[":
        return None
    number = int(port) if port else 80
    return Target(href, href, "http", host, number, href[end:], is_path_visible=True)


def _with_scheme(url: str) -> str:
    """Let people write `games.example/play`, which proxies never send."""
    has_scheme = "://" in url or url.lstrip().lower().startswith(("http:", "https:"))
    return url if has_scheme else f"http://{url.strip()}"


def _authority_url(authority: str) -> str:
    if "://" in authority:
        return authority
    if not set("/?#@\\").isdisjoint(authority):
        raise InvalidTargetError(f"{authority!r} is not host:port")
    return f"https://{authority}/"


def _parse(url: str) -> Any:
    try:
        return can_ada.parse(url)
    except (ValueError, TypeError) as error:  # TypeError: a lone surrogate
        raise InvalidTargetError(f"{url[:200]!r} is not a URL") from error
