"""Which profile, rule and filter action apply to whom, found out once per requester.

- A requester is a user at an address with a browser. What the policy says of them is remembered,
  for a bounded number of them; only the times of rules are asked for each request.
- A case is a profile, a rule and a filter action; of the action the file extensions are ready.

Provenance: ours; the reading is `selection`'s and `action_rules`'.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from foundation.webfilter.conditions import is_address_in, is_time_in, is_user_in, zone_of
from foundation.webfilter.engine_exceptions import ExceptionIndex, RequesterBits
from foundation.webfilter.policy import (
    FilterAction,
    PolicyRule,
    Profile,
    SafeSearchEngine,
    TimeWindow,
    WebPolicy,
)
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.verdict import WebRequest

MOST_REQUESTERS: Final = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What applies to a request; `blocked` and `warned` are ends of file names, `ends` are both.

    An engine's name in `safe_search` is a part of every host that the engine has.
    """

    number: int
    profile: Profile
    rule: PolicyRule | None
    action: FilterAction | None
    blocked: tuple[str, ...]
    warned: tuple[str, ...]
    ends: tuple[str, ...]
    safe_search: tuple[SafeSearchEngine, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Requester:
    """Who asks; without cases no profile is theirs. The last case applies at any time."""

    number: int
    bits: RequesterBits
    cases: tuple[tuple[TimeWindow | None, Case], ...]
    only: Case | None


class Requesters:
    """Those who asked lately.

    Args:
        policy: The policy.
        exceptions: Its exceptions.
    """

    def __init__(self, policy: WebPolicy, exceptions: ExceptionIndex) -> None:
        self._policy = policy
        self._exceptions = exceptions
        self._board = SwitchBoard(policy.switches)
        self._zone = zone_of(policy.timezone, self._board)
        self._sees_agents = exceptions.sees_agents
        self._known: dict[tuple[str, str, str], Requester] = {}
        self._cases: dict[tuple[int, int], Case] = {}
        self._numbered = 0

    def of(self, request: WebRequest) -> Requester:
        """Return who asks."""
        agent = request.user_agent if self._sees_agents else ""
        key = (request.user, request.client_ip, agent)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_REQUESTERS:
                self._known.clear()
            found = self._known[key] = self._asked(request)
        return found

    def case_at(self, requester: Requester, at: datetime) -> Case:
        """Return what applies to a requester with several cases at that moment."""
        return next(
            case
            for window, case in requester.cases
            if window is None or is_time_in(at, window, self._zone)
        )

    def _asked(self, request: WebRequest) -> Requester:
        self._numbered += 1
        profile = next(
            (each for each in self._policy.profiles if _is_for(each, request.client_ip)), None
        )
        cases = tuple(self._cases_of(profile, request.user)) if profile is not None else ()
        only = cases[0][1] if cases and cases[0][0] is None else None
        return Requester(self._numbered, self._exceptions.requester_bits(request), cases, only)

    def _cases_of(self, profile: Profile, user: str) -> Iterator[tuple[TimeWindow | None, Case]]:
        for rule in profile.rules:
            if not rule.users or is_user_in(user, rule.users, self._board):
                yield rule.time, self._case(profile, rule)
                if rule.time is None:
                    return
        yield None, self._case(profile, None)

    def _case(self, profile: Profile, rule: PolicyRule | None) -> Case:
        key = (id(profile), id(rule))
        found = self._cases.get(key)
        if found is None:
            ref = rule.action_ref if rule is not None else profile.default_action_ref
            action = self._policy.action(ref)
            blocked = _ends(action.extensions if action is not None else ())
            warned = _ends(action.extensions_warn if action is not None else ())
            found = self._cases[key] = Case(
                len(self._cases),
                profile,
                rule,
                action,
                blocked,
                warned,
                blocked + warned,
                action.safe_search if action is not None else (),
            )
        return found


def _is_for(profile: Profile, client_ip: str) -> bool:
    if profile.is_base or not profile.networks:
        return True
    return is_address_in(client_ip, profile.networks)


def _ends(extensions: Iterable[str]) -> tuple[str, ...]:
    bare = (each.strip().lstrip(".").lower() for each in extensions)
    # No file name has a slash in it, whatever an admin wrote; ends of a path would.
    return tuple(f".{each}" for each in bare if each and "/" not in each)
