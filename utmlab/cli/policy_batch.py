"""`utmlab policy test --urls`: a list of URLs, one verdict after the other.

- Text and CSV are written as the list is read, so that it can come from a pipe.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import click

from foundation.webfilter.engine import Engine
from foundation.webfilter.verdict import OWN_BROWSER, Verdict, WebRequest
from utm.logs.eplog import verdict_id
from utmlab.cli.deciding import Decider, Judging
from utmlab.cli.output import emit, say
from utmlab.cli.policy_options import OUTCOMES, moment_in
from utmlab.cli.render.verdict import verdict_line
from utmlab.cli.session import Session
from utmlab.cli.site_knowledge import Origins, SiteKnowledge
from utmlab.cli.stored_policies import GATEWAY, NamedPolicy
from utmlab.cli.url_lists import Asked, open_list
from utmlab.journal import printable

COLUMNS: Final = (
    "url",
    "user",
    "at",
    "action",
    "reason",
    "category_ids",
    "category_name",
    "reputation",
    "category_source",
    "filter_action_ref",
    "filter_action_name",
    "rule_ref",
    "log_id",
    "expected",
    "as_expected",
)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where a list does not tell."""

    user: str = ""
    at: datetime | None = None
    method: str = "GET"
    expect: str = ""
    client_ip: str = ""

    def request(self, one: Asked, named: NamedPolicy) -> WebRequest:
        """Return the request that a line of a list asks about."""
        at = moment_in(one.at or self.at, named.policy)
        method = (one.method or self.method).upper()
        user = one.user or self.user
        client_ip = self.client_ip or ("" if named.kind == GATEWAY else OWN_BROWSER)
        return WebRequest(one.url, method, at, user=user, client_ip=client_ip)


@dataclass(frozen=True, slots=True)
class Answered:
    """A line of a list with its verdict; `expected` is empty when nothing was."""

    request: WebRequest
    verdict: Verdict
    expected: str
    category_source: str

    @property
    def is_as_expected(self) -> bool:
        """Whether the verdict is not another one than expected."""
        return self.expected in {"", self.verdict.action}


def test_list(
    session: Session,
    decider: Decider,
    known: SiteKnowledge,
    urls: str,
    defaults: Defaults,
    *,
    as_csv: bool,
) -> bool:
    """Answer for a list; return whether any verdict was another one than expected."""
    named = decider.named
    counts: Counter[str] = Counter()
    unexpected = 0
    records: list[dict[str, Any]] = []
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if as_csv:
        writer.writerow(COLUMNS)
    for one in _answers(decider, known, urls, defaults):
        counts[one.verdict.action] += 1
        unexpected += not one.is_as_expected
        if session.as_json:
            records.append(_record(one))
        elif as_csv:
            writer.writerow(_cells(one))
        else:
            click.echo(_text(one))
    summary = {
        "urls": counts.total(),
        **{outcome: counts[outcome] for outcome in OUTCOMES},
        "unexpected": unexpected,
    }
    if session.as_json:
        policy = {"kind": named.kind, "name": named.name}
        document = {"policy": policy, "revision": named.revision}
        emit(session, {**document, "summary": summary, "results": records}, lambda: "")
    else:
        shown = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
        wrong = f"; {unexpected} not as expected" if unexpected else ""
        say(f"{summary['urls']} URLs under {named}: {shown}{wrong}")
    return unexpected > 0


def _answers(
    decider: Decider, known: SiteKnowledge, urls: str, defaults: Defaults
) -> Iterator[Answered]:
    named = decider.named
    judging = Judging(decider, lambda policy: partial(Engine(policy).verdict, categories=known))
    origins = Origins(named.policy, known)
    with open_list(urls) as listed:
        for one in listed:
            request = defaults.request(one, named)
            verdict, _ = judging.verdict(request)
            origin = origins.of(request, verdict)
            yield Answered(request, verdict, one.expect or defaults.expect, origin)


def _text(one: Answered) -> str:
    line = verdict_line(one.request, one.verdict, subject=one.request.url)
    wrong = "" if one.is_as_expected else f"  expected {one.expected}"
    return printable(f"{line}{wrong}")


def _record(one: Answered) -> dict[str, Any]:
    verdict = one.verdict
    return {
        "url": one.request.url,
        "user": one.request.user,
        "at": one.request.at.isoformat(),
        "action": verdict.action,
        "reason": verdict.reason.value,
        "category_ids": list(verdict.category_ids),
        "category_name": verdict.category_name,
        "reputation": str(verdict.reputation),
        "category_source": one.category_source,
        "filter_action_ref": verdict.filter_action_ref,
        "filter_action_name": verdict.filter_action_name,
        "rule_ref": verdict.rule_ref,
        "log_id": verdict_id(one.request, verdict) or None,
        "expected": one.expected or None,
        "as_expected": one.is_as_expected,
    }


def _cells(one: Answered) -> list[str]:
    values = _record(one)
    values["category_ids"] = ",".join(map(str, one.verdict.category_ids))
    values["as_expected"] = "" if not one.expected else "yes" if one.is_as_expected else "no"
    return ["" if values[name] is None else str(values[name]) for name in COLUMNS]
