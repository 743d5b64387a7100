"""Every allow, block and local site list of a policy behind two look-ups: by host and by pattern.

- The lists are numbered; local sites have the numbers below zero, and patterns that hold below one
  domain only have them from `FIRST_PATTERN` on.
- A list of domains matches when the host is found in it, a list of patterns when a pattern is, a
  restricted one when both are.

Provenance: ours; the reading is `sites`'.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from foundation.webfilter.engine_patterns import PatternIndex
from foundation.webfilter.engine_sites import Listed, SiteIndex
from foundation.webfilter.policy import LocalSite, SiteList, WebPolicy

FIRST_PATTERN: Final = 1 << 40
_FIRST_LOCAL: Final = -1


class ListIndex:
    """The lists of a policy.

    Args:
        policy: The policy.
        patterns: All its patterns.
    """

    def __init__(self, policy: WebPolicy, patterns: PatternIndex) -> None:
        self._policy = policy
        self._numbers = {id(each): number for number, each in enumerate(_lists_of(policy))}
        self._by_pattern: dict[int, tuple[int, ...]] = {}
        self._restricted: frozenset[int] = frozenset(
            self.number_of(each)
            for each in _lists_of(policy)
            if each.mode == "Regex" and each.restrict
        )
        self._domain_lists = frozenset(
            self.number_of(each) for each in _lists_of(policy) if each.mode == "Domain"
        )
        for each in _lists_of(policy):
            for text in dict.fromkeys(each.regexps if each.mode == "Regex" else ()):
                if text in patterns.numbers:
                    number = patterns.numbers[text]
                    before = self._by_pattern.get(number, ())
                    self._by_pattern[number] = (*before, self.number_of(each))
        self.sites = SiteIndex(self._listed(patterns))

    def number_of(self, each: SiteList) -> int:
        """Return the number of a list of this policy."""
        return self._numbers[id(each)]

    def matching(self, owners: Iterable[int], patterns: Iterable[int]) -> frozenset[int]:
        """Return the lists that match, from who lists the host and which patterns were found."""
        by_site = frozenset(owners)
        by_pattern = {number for each in patterns for number in self._by_pattern.get(each, ())}
        return (
            by_site & self._domain_lists
            | (by_pattern - self._restricted)
            | (by_pattern & by_site & self._restricted)
        )

    def local_sites(self, owners: Iterable[int]) -> list[LocalSite]:
        """Return the local sites among the owners, in the policy's order."""
        places = {_FIRST_LOCAL - owner for owner in owners if owner < 0}
        return [self._policy.local_sites[place] for place in sorted(places)]

    def _listed(self, patterns: PatternIndex) -> Iterator[Listed]:
        for number, domain in patterns.domains:
            yield Listed(FIRST_PATTERN + number, domain, inside=True)
        for each in _lists_of(self._policy):
            number = self.number_of(each)
            if each.mode == "Domain":
                for site in each.domains:
                    yield Listed(number, site, each.include_subdomains)
            elif each.restrict:
                for site in each.domains:
                    yield Listed(number, site, inside=True)
        for place, local in enumerate(self._policy.local_sites):
            yield Listed(_FIRST_LOCAL - place, local.site, local.include_subdomains)


def patterns_of(policy: WebPolicy) -> Iterator[str]:
    """Return every pattern of a policy that takes part in verdicts."""
    for each in _lists_of(policy):
        if each.mode == "Regex":
            yield from each.regexps
    for exception in policy.exceptions:
        yield from exception.domains


def _lists_of(policy: WebPolicy) -> Iterator[SiteList]:
    for action in policy.actions:
        yield from action.url_whitelist
        yield from action.url_blacklist
