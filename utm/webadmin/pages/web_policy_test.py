"""Policy Helpdesk > Policy Test: who decides on a request, the verdict, its trace, what turns it.

- The same compilers, evaluation and counterfactuals as `utmlab policy test`, over the configuration
  as it is stored now; a computer that has not polled yet still has the one before.
- Who decides: away from the office Web Control, by the policy of the computer's group; at the
  office the gateway, by source address, unless node http.scan_epp_traffic or a switch leaves it to
  Web Control (as the endpoint itself decides it).
- Categories are those of the local site list and the demo set. What LiveConnect would tell a
  computer is not known here, and the answer says so.
"""

import asyncio
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from foundation.categories.demo import demo_categories
from foundation.webfilter.conditions import zone_of
from foundation.webfilter.counterfactual import Change, nearest_changes
from foundation.webfilter.decrypted import seeing_urls
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.sites import override_for
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.target import InvalidTargetError, read_target
from foundation.webfilter.verdict import OWN_BROWSER, Verdict, VerdictReason, WebRequest
from utm.confd import Object, Snapshot
from utm.logs.eplog import verdict_id
from utm.web_policy import (
    HttpsFiltering,
    WebPolicyError,
    compile_gateway,
    compile_group,
    https_filtering,
    left_alone,
    what_decides,
)
from utm.webadmin.filters import shortened
from utm.webadmin.page import Page
from utm.webadmin.pages.web_findings import CHECK_PATH, Told, about, findings
from utm.webadmin.visit import visit_of

PATH: Final = "/web-protection/policy-helpdesk/test"
_LONGEST: Final = 4000
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, as it was typed.

    Attributes:
        who: The reference of a computer or an endpoint group; empty for a stranger.
        is_office: Whether the request is made at the office.
        address: The source address there.
        at: A moment in the appliance's zone; empty for now.
    """

    url: str = ""
    who: str = ""
    is_office: bool = False
    address: str = ""
    user: str = ""
    at: str = ""

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> "Question":
        """Read it from the query of the page."""
        names = ("url", "who", "address", "user", "at")
        texts = {name: query.get(name, "").strip()[:_LONGEST] for name in names}
        return cls(is_office=query.get("where") == "office", **texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The verdict and everything that explains it."""

    request: WebRequest
    verdict: Verdict
    decided_by: str
    origin: str
    log_id: str
    changes: tuple[Change, ...]
    findings: list[Told]


def people(snapshot: Snapshot) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return who can be asked about: computers and endpoint groups, each (reference, name)."""
    computers = sorted(snapshot.of_class("epp", "endpoint"), key=lambda one: one.name.casefold())
    groups = sorted(snapshot.endpoint_groups(), key=lambda one: one.name.casefold())
    return [
        ("Computers", [(one.ref, shortened(one.name, 60)) for one in computers]),
        ("Any computer of the group", [(one.ref, shortened(one.name, 60)) for one in groups]),
    ]


def problems_with(question: Question, snapshot: Snapshot) -> dict[str, str]:
    """Return what of a question cannot be answered, by field."""
    problems = {}
    if not question.url:
        problems["url"] = "a URL is needed"
    if question.who and not _is_known(snapshot.find(question.who)):
        problems["who"] = "there is no such computer or group any more"
    if not question.who and not question.is_office:
        problems["who"] = "away from the office only a computer is filtered: choose one"
    if question.address:
        try:
            ipaddress.ip_address(question.address)
        except ValueError:
            problems["address"] = "needs an IP address"
    try:
        datetime.fromisoformat(question.at or "2026-01-01")
    except ValueError:
        problems["at"] = "needs a moment such as 2026-11-20 14:30"
    return problems


def answer(question: Question, snapshot: Snapshot, now: datetime) -> Answer:
    """Return the answer to a question without problems.

    Raises:
        WebPolicyError: If the configuration cannot be compiled.
    """
    known = demo_categories()
    policy, decided_by, https = _deciding(question, snapshot)
    request = WebRequest(
        question.url,
        "GET",
        _moment(question.at, snapshot, now),
        user=question.user,
        client_ip=question.address if question.is_office else OWN_BROWSER,
    )
    verdict, judged_by = _judged(policy, request, https)
    involved = {verdict.profile_ref, verdict.filter_action_ref, verdict.rule_ref, verdict.list_ref}
    told = findings(snapshot, now, policy.group_ref)
    return Answer(
        request=request,
        verdict=verdict,
        decided_by=decided_by,
        origin=_origin(policy, request, verdict),
        log_id=verdict_id(request, verdict),
        changes=nearest_changes(judged_by, request, verdict, known) if judged_by else (),
        findings=about(told, frozenset({*involved, *verdict.exception_refs} - {""})),
    )


def _is_known(found: Object | None) -> bool:
    return found is not None and found.full_type in ("epp/endpoint", "epp/endpoints_group")


def _group_of(question: Question, snapshot: Snapshot) -> str:
    found = snapshot.find(question.who)
    if found is None:
        return ""
    is_group = found.full_type == "epp/endpoints_group"
    return found.ref if is_group else snapshot.group_of(found.ref)


def _deciding(
    question: Question, snapshot: Snapshot
) -> tuple[WebPolicy, str, Mapping[str, HttpsFiltering]]:
    """Return the policy that decides, who decides by it, and what the gateway does with HTTPS."""
    group = _group_of(question, snapshot)
    name = _name(question, snapshot)
    if group:
        own, _warnings = compile_group(snapshot, group)
        is_at_gateway = SwitchBoard(own.switches).value("office_filter") == "utm"
        if not question.is_office or (own.web_control and not is_at_gateway):
            where = "also at the office" if question.is_office else "away from the office"
            whose = f"by the policy of {own.group_name}"
            return own, f"Web Control of {name} decides {where}, {whose}.", {}
    policy = compile_gateway(snapshot, group)
    return (
        policy,
        f"The gateway decides at the office, for {name}.",
        https_filtering(snapshot, policy),
    )


def _name(question: Question, snapshot: Snapshot) -> str:
    found = snapshot.find(question.who)
    if found is None:
        return "a client that nobody knows"
    is_group = found.full_type == "epp/endpoints_group"
    return f"a computer of {found.name}" if is_group else found.name


def _judged(
    policy: WebPolicy, request: WebRequest, https: Mapping[str, HttpsFiltering]
) -> tuple[Verdict, WebPolicy | None]:
    """Return the verdict and the policy that gave it; None when HTTPS is left alone.

    The gateway's profile says whether HTTPS passes, is judged by its host, or by what is inside.
    """
    known = demo_categories()
    verdict = evaluate(policy, request, known)
    by = what_decides(https, verdict, request)
    if by == "nothing":
        return left_alone(verdict, policy), None
    if by == "url":
        inside = seeing_urls(policy)
        return evaluate(inside, request, known), inside
    return verdict, policy


def _moment(text: str, snapshot: Snapshot, now: datetime) -> datetime:
    """Return a moment that was typed, in the appliance's zone unless it names another."""
    if not text:
        return now
    at = datetime.fromisoformat(text)
    zone = zone_of(snapshot.node("settings.timezone") or "UTC", SwitchBoard()) or UTC
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _origin(policy: WebPolicy, request: WebRequest, verdict: Verdict) -> str:
    """Return where the verdict's category comes from; empty when it has none."""
    if not verdict.category_ids:
        return ""
    board = SwitchBoard(policy.switches)
    try:
        target = read_target(request.url, request.method, https_sees=board.value("https_sees"))
    except InvalidTargetError:
        return ""
    if override_for(policy.local_sites, target, board).category is not None:
        return "local site list"
    if (
        verdict.reason is VerdictReason.UNCATEGORIZED
        or demo_categories().lookup(verdict.host) is None
    ):
        return "unknown here; a computer would also ask LiveConnect"
    return "demo set"


@routes.get(PATH)
async def show(request: web.Request) -> web.Response:
    """Ask for a request, and answer for it when one was given."""
    visit = visit_of(request)
    snapshot = await visit.snapshot()
    question = Question.asked(visit.query)
    is_asked = "url" in visit.query
    problems = problems_with(question, snapshot) if is_asked else {}
    answered = None
    if is_asked and not problems:
        loop = asyncio.get_running_loop()
        try:
            answered = await loop.run_in_executor(None, answer, question, snapshot, visit.now)
        except WebPolicyError as error:
            problems = {"": f"{error}. {error.hint}"}
    return visit.page(
        "web_helpdesk/test.html",
        http_status=422 if problems else 200,
        question=question,
        answer=answered,
        problems=problems,
        people=people(snapshot),
        snapshot=snapshot,
        timezone=snapshot.node("settings.timezone") or "UTC",
        check_path=CHECK_PATH,
    )


PAGE = Page(routes=routes)
