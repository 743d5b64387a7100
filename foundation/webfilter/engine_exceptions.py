"""Exceptions as bits: a thousand of them are tried in a few operations on integers.

- Each criterion answers with the bits of the exceptions for which it holds; the operators then
  join whole rows of bits.
- What depends on the requester alone is asked for once per requester.

Provenance: ours; the reading is `exceptions`'.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import Final

from foundation.webfilter.conditions import is_address_in, is_user_in
from foundation.webfilter.exceptions import Skips
from foundation.webfilter.policy import WebException, WebPolicy
from foundation.webfilter.site_facts import SiteFacts
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.verdict import WebRequest

CRITERIA: Final = (
    "networks",
    "users",
    "user_agents",
    "endpoints_groups",
    "domains",
    "categories",
    "tags",
)
_OF_THE_REQUESTER: Final = 4

RequesterBits = tuple[int, int, int, int]


class ExceptionIndex:
    """The exceptions of a policy.

    Args:
        policy: The policy.
        pattern_numbers: The number of each pattern that RE2 accepts.
    """

    def __init__(self, policy: WebPolicy, pattern_numbers: Mapping[str, int]) -> None:
        exceptions = policy.exceptions
        self._exceptions = exceptions
        self._board = SwitchBoard(policy.switches)
        self._group = policy.group_ref
        self._present = tuple(
            self._bits(lambda one, name=name: bool(getattr(one, name)))  # type: ignore[misc]
            for name in CRITERIA
        )
        self._and = self._bits(lambda one: one.operator == "AND")
        self._any_criterion = 0
        for bits in self._present:
            self._any_criterion |= bits
        self._patterns = _by_value(
            [pattern_numbers[text] for text in one.domains if text in pattern_numbers]
            for one in exceptions
        )
        self._categories = _by_value(one.categories for one in exceptions)
        self._tags = _by_value(one.tags for one in exceptions)
        self.sees_agents = bool(self._present[2])

    def requester_bits(self, request: WebRequest) -> RequesterBits:
        """Return for which exceptions each criterion about the requester holds."""
        agent = request.user_agent.casefold()
        return (
            self._bits(lambda one: is_address_in(request.client_ip, one.networks)),
            self._bits(lambda one: is_user_in(request.user, one.users, self._board)),
            self._bits(
                lambda one: any(name.casefold() in agent for name in one.user_agents if name)
            ),
            self._bits(lambda one: self._group in one.endpoints_groups),
        )

    def skips(self, requester: RequesterBits, patterns: Iterable[int], facts: SiteFacts) -> Skips:
        """Unite what the matching exceptions skip."""
        held = (
            *requester,
            _union(self._patterns, patterns),
            _union(self._categories, facts.category_ids),
            _union(self._tags, facts.tags),
        )
        some, all_ = 0, self._any_criterion
        for present, true in zip(self._present, held, strict=True):
            some |= present & true
            all_ &= ~present | true
        matching = (some & ~self._and) | (all_ & self._and)
        if not matching:
            return _NO_SKIPS
        found = [one for place, one in enumerate(self._exceptions) if matching >> place & 1]
        checks = frozenset(check for one in found for check in one.skip)
        return Skips(checks, tuple(one.ref for one in found))

    def _bits(self, test: Callable[[WebException], bool]) -> int:
        return sum(1 << place for place, one in enumerate(self._exceptions) if test(one))


_NO_SKIPS: Final = Skips()


def _by_value(rows: Iterable[Collection[Hashable]]) -> dict[Hashable, int]:
    bits: dict[Hashable, int] = {}
    for place, values in enumerate(rows):
        for value in values:
            bits[value] = bits.get(value, 0) | 1 << place
    return bits


def _union(bits: Mapping[Hashable, int], values: Iterable[Hashable]) -> int:
    found = 0
    for value in values:
        found |= bits.get(value, 0)
    return found
