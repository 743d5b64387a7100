"""SafeSearch: the query parameter that makes a search engine leave out what it thinks indecent.

- One rule per engine, as data: on which hosts and paths which parameter must have which value. The
  parameters are the engines' own, published for schools and firms (public); the hosts and paths
  are ours to choose and err towards more.
- The filter asks the engine for the rewritten URL, the browser keeps its own. Whatever value the
  user wrote, however encoded, is replaced.
- Only a URL that is seen can be rewritten: inside HTTPS nobody sees it without interception.

Example:
    >>> safe_search_url(("bing",), "http://www.bing.com/search?q=cats&adlt=off")
    'http://www.bing.com/search?q=cats&adlt=strict'
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from foundation.webfilter.patterns import pattern_or_none
from foundation.webfilter.policy import SafeSearchEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeSearchRule:
    """What one engine wants to hear; `hosts` is a pattern over the whole host."""

    engine: SafeSearchEngine
    hosts: str
    paths: tuple[str, ...]
    parameter: str
    value: str

    def covers(self, host: str, path: str) -> bool:
        """Tell whether a search of this engine is at that place."""
        pattern = pattern_or_none(self.hosts)
        return path.startswith(self.paths) and pattern is not None and pattern.is_found_in(host)


SAFE_SEARCH_RULES: Final = (
    SafeSearchRule(
        engine="google",
        hosts=r"^(www\.|images\.|video\.)?google\.[a-z]{2,3}(\.[a-z]{2})?$",
        paths=("/search", "/images", "/imgres", "/videosearch", "/webhp"),
        parameter="safe",
        value="active",
    ),
    SafeSearchRule(
        engine="bing",
        hosts=r"^([a-z0-9-]+\.)?bing\.com$",
        paths=("/search", "/images", "/videos"),
        parameter="adlt",
        value="strict",
    ),
    SafeSearchRule(
        engine="yahoo",
        hosts=r"^([a-z0-9-]+\.)*search\.yahoo\.com$",
        paths=("/search", "/image", "/video"),
        parameter="vm",
        value="r",
    ),
)


def safe_search_url(engines: Collection[SafeSearchEngine], url: str) -> str:
    """Return the URL as the search engine is to get it; empty when it stays as it is.

    Args:
        engines: Those that must search safely.
        url: In normal form, without user and fragment, as `Target.url` is.
    """
    if not engines:
        return ""
    head, question, query = url.partition("?")
    scheme, _, rest = head.partition("://")
    authority, slash, path = rest.partition("/")
    host = authority.partition(":")[0]
    for rule in SAFE_SEARCH_RULES:
        if rule.engine in engines and rule.covers(host, slash + path):
            rewritten = f"{scheme}://{rest}?{_with_parameter(query, rule)}"
            return "" if rewritten == f"{scheme}://{rest}{question}{query}" else rewritten
    return ""


def _with_parameter(query: str, rule: SafeSearchRule) -> str:
    kept = [
        pair
        for pair in query.split("&")
        if pair and unquote_plus(pair.partition("=")[0]).strip().lower() != rule.parameter
    ]
    return "&".join([*kept, f"{rule.parameter}={rule.value}"])
