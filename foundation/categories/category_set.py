"""A set of categorised sites: a host has the category of its nearest listed parent.

- Lookup walks from the whole host to its last label, so `a.b.example` finds `b.example` before
  `example`; an address is found only as a whole, because no address is listed as a suffix.
- Hosts are normalised when the set is built and must be normalised when looked up.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Self

from foundation.categories.category import REPUTATIONS, Category
from foundation.categories.hosts import InvalidHostError, normalise_host
from foundation.errors import DomainError


class CategoryDataError(DomainError):
    """A category file does not say what it should."""

    code = "category_data"
    hint = 'Write {"schema": 1, "sites": [{"host": "a.example", "categories": [116]}]}.'


class CategorySet:
    """Sites by host, with the suffix walk."""

    def __init__(self, sites: Mapping[str, Category]) -> None:
        self._sites = {normalise_host(host): category for host, category in sites.items()}

    def __len__(self) -> int:
        return len(self._sites)

    def hosts(self) -> Iterable[str]:
        """Return the listed hosts in the order of the data."""
        return self._sites.keys()

    def lookup(self, host: str) -> Category | None:
        """Return the category of a normalised host or of its nearest listed parent."""
        sites = self._sites
        while True:
            found = sites.get(host)
            if found is not None:
                return found
            _, dot, host = host.partition(".")
            if not dot:
                return None

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a category file.

        Raises:
            CategoryDataError: The file is not a category file; the message names the entry.
        """
        try:
            document = json.loads(text)
        except ValueError as error:
            raise CategoryDataError(f"the category file is not JSON: {error}") from error
        if not isinstance(document, dict) or document.get("schema") != 1:
            raise CategoryDataError("the category file has no schema 1")
        sites = document.get("sites")
        if not isinstance(sites, list):
            raise CategoryDataError("the category file has no list of sites")
        return cls(dict(_read_site(number, site) for number, site in enumerate(sites, 1)))


def _read_site(number: int, site: Any) -> tuple[str, Category]:
    if not isinstance(site, dict):
        raise CategoryDataError(f"site {number} is not an object")
    ids, reputation = site.get("categories"), site.get("reputation", "neutral")
    if not isinstance(ids, list) or not ids or not all(type(id_) is int for id_ in ids):
        raise CategoryDataError(f"site {number} has no category numbers")
    if reputation not in REPUTATIONS:
        raise CategoryDataError(f"site {number} has the unknown reputation {reputation!r}")
    try:
        host = normalise_host(str(site.get("host", "")))
    except InvalidHostError as error:
        raise CategoryDataError(f"site {number}: {error}") from error
    return host, Category(tuple(ids), reputation)
