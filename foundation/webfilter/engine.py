"""The fast twin of `evaluate`: the same verdicts, without the trace.

- Built once per policy, which takes from a millisecond to some seconds (a million listed sites):
  build it in an executor. It holds no lock and may be shared by any number of endpoints.
- A verdict costs one parse, one search for all patterns at once, one walk over the host's parents.
  What these find is a key; what a key means is worked out once (`engine_judgement`) and
  remembered, a bounded number of them. So is what the policy says of a host, whatever the path;
  what the category source says of it is asked each time, since it may change.
- A test holds it equal to `evaluate` over generated policies and hostile URLs. Who wants the trace
  asks `evaluate`.

Provenance: ours.
"""

from datetime import datetime
from typing import Final

from foundation.categories.category import CategorySource
from foundation.webfilter.engine_case import Case, Requester, Requesters
from foundation.webfilter.engine_exceptions import ExceptionIndex
from foundation.webfilter.engine_judgement import Finding, Judge
from foundation.webfilter.engine_lists import FIRST_PATTERN, ListIndex, patterns_of
from foundation.webfilter.engine_patterns import PatternIndex
from foundation.webfilter.engine_reading import read_quickly
from foundation.webfilter.engine_sites import Owners
from foundation.webfilter.engine_verdicts import verdict_like
from foundation.webfilter.policy import Outcome, WebPolicy
from foundation.webfilter.safe_search import safe_search_url
from foundation.webfilter.site_facts import facts_from
from foundation.webfilter.sites import override_of
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.target import InvalidTargetError, Target
from foundation.webfilter.verdict import Verdict, VerdictReason, WebRequest

MOST_JUDGEMENTS: Final = 8192
MOST_PLACES: Final = 4096
LONGEST_HOST: Final = 253
"""Longer ones have no address."""

_Key = tuple[object, ...]
_Place = tuple[Owners, tuple[int, ...]]
"""Who lists a host, and the patterns that hold below it or a parent of it only."""
_NOWHERE: Final[_Place] = ((), ())

Found = tuple[Verdict, str, str, str]
"""A verdict that lacks its URL, the URL, its host, the URL that SafeSearch asks for."""


def _same(action: Outcome, reason: VerdictReason, *, is_logged: bool = True) -> Verdict:
    return Verdict(action=action, reason=reason, url="", host="", is_logged=is_logged)


_INVALID: Final = _same("block", VerdictReason.INVALID_URL)
_OFF: Final = _same("allow", VerdictReason.WEB_CONTROL_OFF, is_logged=False)
_NO_POLICY: Final = _same("allow", VerdictReason.NO_POLICY)


class Engine:
    """A policy, ready to decide.

    Args:
        policy: The policy.
        rev_id: The revision of its document, if it comes from one.
    """

    def __init__(self, policy: WebPolicy, rev_id: str = "") -> None:
        self.policy = policy
        self.rev_id = rev_id
        self._board = SwitchBoard(policy.switches)
        self._https_sees = self._board.value("https_sees")
        self._patterns = PatternIndex(patterns_of(policy), case=self._board.value("pattern_case"))
        self._lists = ListIndex(policy, self._patterns)
        self._exceptions = ExceptionIndex(policy, self._patterns.numbers)
        self._requesters = Requesters(policy, self._exceptions)
        self._judge = Judge(policy, self._lists)
        self._judgements: dict[_Key, Verdict] = {}
        self._places: dict[str, _Place] = {}
        self._patterns_in = self._patterns.found_in
        self._has_paths = self._lists.sites.has_paths

    def verdict(self, request: WebRequest, categories: CategorySource) -> Verdict:
        """Return the verdict on a request, as `evaluate` would, without trace."""
        requester = self._requesters.of(request)
        asked = request.target or request.url
        return self.answer(asked, request.method, requester, request.at, categories)

    def requester(self, request: WebRequest) -> Requester:
        """Return who asks, for many questions of the same one."""
        return self._requesters.of(request)

    def answer(
        self,
        asked: str | Target,
        method: str,
        requester: Requester,
        at: datetime,
        categories: CategorySource,
        /,
    ) -> Verdict:
        """Return the verdict on a URL, read already or not, for somebody who is known already."""
        return verdict_like(*self.found(asked, method, requester, at, categories))

    def found(
        self,
        asked: str | Target,
        method: str,
        requester: Requester,
        at: datetime,
        categories: CategorySource,
        /,
    ) -> Found:
        """Return what `answer` makes a verdict of: for those who need little of it."""
        try:
            url, visible, host, is_open = read_quickly(asked, method, https_sees=self._https_sees)
        except InvalidTargetError:
            return _INVALID, str(asked), "", ""  # no target, or it would be valid
        if not self.policy.web_control:
            return _OFF, url, host, ""
        if not requester.cases:
            return _NO_POLICY, url, host, ""
        case = requester.only or self._requesters.case_at(requester, at)
        known = categories.lookup(host)
        owners, below = self._places.get(host) or self._place(host)
        if self._has_paths and is_open:
            owners += self._lists.sites.owners_by_path(host, url)
        patterns = self._patterns_in(visible, below)
        extension = _extension(case, url) if is_open and case.ends else None
        # Of a category its parts, since hashing them is cheaper than hashing the whole.
        ids, reputation = (known.ids, known.reputation) if known is not None else (None, None)
        key = (requester.number, case.number, ids, reputation, owners, patterns, extension)
        like = self._judgements.get(key)
        if like is None:
            override = override_of(self._lists.local_sites(owners), self._board)
            facts = facts_from(known, override)
            finding = Finding(
                case=case,
                facts=facts,
                skips=self._exceptions.skips(requester.bits, patterns, facts),
                lists=self._lists.matching(owners, patterns),
                extension=extension,
            )
            like = self._remember(key, self._judge.judge(finding))
        rewritten = _safe_search(case, like, url, host) if is_open and case.safe_search else ""
        return like, url, host, rewritten

    def _place(self, host: str) -> _Place:
        owners = self._lists.sites.owners_of(host)
        place = _apart(owners) if owners else _NOWHERE
        if len(self._places) >= MOST_PLACES:
            self._places.clear()
        # Hosts of all lengths come from outside; what is remembered of them shall be small.
        if len(host) <= LONGEST_HOST:
            self._places[host] = place
        return place

    def _remember(self, key: _Key, like: Verdict) -> Verdict:
        if len(self._judgements) >= MOST_JUDGEMENTS:
            self._judgements.clear()
        self._judgements[key] = like
        return like


def _apart(owners: Owners) -> _Place:
    return (
        tuple(each for each in owners if each < FIRST_PATTERN),
        tuple(each - FIRST_PATTERN for each in owners if each >= FIRST_PATTERN),
    )


def _extension(case: Case, url: str) -> Outcome | None:
    head = (url.partition("?")[0] if "?" in url else url).lower()
    if not head.endswith(case.ends):
        return None
    return "block" if head.endswith(case.blocked) else "warn"


def _safe_search(case: Case, like: Verdict, url: str, host: str) -> str:
    """Return the URL that SafeSearch asks for; few hosts can have one."""
    engines = [each for each in case.safe_search if each in host]
    if not engines or like.action == "block" or "url_filter" in like.exception_skips:
        return ""
    return safe_search_url(engines, url)
