"""Exceptions: which requests skip which checks.

- Criteria: networks, users, patterns over the URL, categories, tags, user agents, endpoint groups;
  joined by the exception's operator (documented). Empty criteria take no part.
- An exception without any criterion matches nothing: it would switch the filter off by oversight.
- All matching exceptions count; what they skip is united.
- User agents are compared as a part of the header, without case (ours).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from foundation.webfilter.conditions import is_address_in, is_user_in
from foundation.webfilter.patterns import pattern_or_none
from foundation.webfilter.policy import WebException, WebPolicy
from foundation.webfilter.site_facts import SiteFacts
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.target import Target
from foundation.webfilter.trace import TraceBook
from foundation.webfilter.verdict import WebRequest


@dataclass(frozen=True, slots=True)
class Skips:
    """What exceptions switched off for one request, and which exceptions did it."""

    checks: frozenset[str] = frozenset()
    refs: tuple[str, ...] = ()

    def __contains__(self, check: str) -> bool:
        return check in self.checks


@dataclass(frozen=True, slots=True)
class _Subject:
    group_ref: str
    request: WebRequest
    target: Target
    facts: SiteFacts
    board: SwitchBoard


def skips_for(
    policy: WebPolicy,
    request: WebRequest,
    target: Target,
    facts: SiteFacts,
    *,
    board: SwitchBoard,
    trace: TraceBook,
) -> Skips:
    """Try every exception and unite what the matching ones skip."""
    subject = _Subject(policy.group_ref, request, target, facts, board)
    checks: set[str] = set()
    refs: list[str] = []
    for exception in policy.exceptions:
        is_match, why = _explain(exception, subject)
        if trace.tried("exception", exception.ref, is_match=is_match, why=why):
            checks.update(exception.skip)
            refs.append(exception.ref)
    return Skips(frozenset(checks), tuple(refs))


def _explain(exception: WebException, subject: _Subject) -> tuple[bool, str]:
    results = [(name, test()) for name, test in _criteria(exception, subject)]
    if not results:
        return False, "it has no criteria"
    held = [name for name, is_true in results if is_true]
    failed = [name for name, is_true in results if not is_true]
    is_match = not failed if exception.operator == "AND" else bool(held)
    return is_match, f"{exception.operator}: true {_list(held)}; not true {_list(failed)}"


def _criteria(
    exception: WebException, subject: _Subject
) -> Iterator[tuple[str, Callable[[], bool]]]:
    request, facts = subject.request, subject.facts
    if exception.networks:
        yield "networks", lambda: is_address_in(request.client_ip, exception.networks)
    if exception.users:
        yield "users", lambda: is_user_in(request.user, exception.users, subject.board)
    if exception.domains:
        yield "domains", lambda: _is_any_pattern(exception, subject)
    if exception.categories:
        yield "categories", lambda: not set(facts.category_ids).isdisjoint(exception.categories)
    if exception.tags:
        yield "tags", lambda: not set(facts.tags).isdisjoint(exception.tags)
    if exception.user_agents:
        yield "user agents", lambda: _is_any_agent(exception, request.user_agent)
    if exception.endpoints_groups:
        yield "endpoint groups", lambda: subject.group_ref in exception.endpoints_groups


def _is_any_pattern(exception: WebException, subject: _Subject) -> bool:
    case = subject.board.value("pattern_case")
    patterns = (pattern_or_none(text, case) for text in exception.domains)
    return any(each is not None and each.is_found_in(subject.target.visible) for each in patterns)


def _is_any_agent(exception: WebException, user_agent: str) -> bool:
    agent = user_agent.casefold()
    return any(wanted.casefold() in agent for wanted in exception.user_agents if wanted)


def _list(names: list[str]) -> str:
    return ", ".join(names) or "none"
