"""All sites that a policy lists, looked up at once by host.

- Whoever lists sites is an owner, with a number: a site list, or one local site.
- A look-up walks from the whole host to its last label, as domains cover their subdomains.
- Few sites lie in dictionaries; from `LARGE` on they lie in a trie, which takes a twentieth of
  the memory.
- Entries with a path are rare and kept apart, so that nobody else pays for them.

Provenance: ours; what an entry covers is `sites`'.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from foundation.categories.host_table import HostTable
from foundation.pace import paced
from foundation.webfilter.engine_reading import path_of
from foundation.webfilter.sites import split_site

LARGE: Final = 50_000

Owners = tuple[int, ...]


class Listed(NamedTuple):
    """A site as somebody lists it."""

    owner: int
    site: str
    inside: bool


class SiteIndex:
    """Owners by host.

    Args:
        listed: Every site of every owner.
    """

    def __init__(self, listed: Iterable[Listed]) -> None:
        exact: dict[str, Owners] = {}
        inside: dict[str, Owners] = {}
        self._paths: dict[str, tuple[tuple[int, str, bool], ...]] = {}
        for owner, site, is_inside in paced(listed):
            host, path = split_site(site)
            if not host:
                continue
            if path:
                self._paths[host] = (*self._paths.get(host, ()), (owner, path, is_inside))
                continue
            table = inside if is_inside else exact
            before = table.get(host, ())
            if owner not in before:
                table[host] = (*before, owner)
        self.has_paths = bool(self._paths)
        self._exact, self._inside = _table(exact), _table(inside)

    def owners_of(self, host: str) -> Owners:
        """Return whoever lists the host or one of its parents; some may come twice."""
        found = self._exact.get(host) or ()
        inside = self._inside
        if isinstance(inside, HostTable):
            for owners in inside.all(host):
                found += owners
        elif inside:
            while True:
                if host in inside:
                    found += inside[host]
                _, dot, host = host.partition(".")
                if not dot:
                    break
        return found

    def owners_by_path(self, host: str, url: str) -> Owners:
        """Return whoever lists a path that the URL, whose path is visible, is at or below."""
        here = path_of(url)
        found: Owners = ()
        parent, dot = host, "."
        while dot:
            for owner, path, is_inside in self._paths.get(parent, ()):
                if (is_inside or parent == host) and _is_below(here, path):
                    found += (owner,)
            _, dot, parent = parent.partition(".")
        return found


def _is_below(here: str, path: str) -> bool:
    return here == path or here.startswith(path.rstrip("/") + "/")


def _table(hosts: dict[str, Owners]) -> dict[str, Owners] | HostTable[Owners]:
    return HostTable.made_apart(hosts) if len(hosts) >= LARGE else hosts
