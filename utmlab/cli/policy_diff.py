"""`utmlab policy diff`: which verdicts are others under another policy, and from which rule on."""

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from foundation.webfilter.differences import Difference, first_difference
from foundation.webfilter.engine import Engine
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.verdict import Step, Verdict
from utmlab.cli.completing import policy_words
from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit, say
from utmlab.cli.policy_batch import Defaults
from utmlab.cli.policy_options import offline_option, who_and_when
from utmlab.cli.session import LabCommand, Session
from utmlab.cli.site_knowledge import SiteKnowledge, knowledge_of
from utmlab.cli.stored_policies import NamedPolicy, named_policy
from utmlab.cli.url_lists import Asked, open_list, urls_option
from utmlab.journal import printable


@click.command(cls=LabCommand)
@click.argument("first", metavar="A", shell_complete=policy_words)
@click.argument("second", metavar="B", shell_complete=policy_words)
@urls_option
@who_and_when
@offline_option
@click.option("--fail-on-change", is_flag=True, help="End with 1 when a verdict changes.")
@click.pass_context
def diff(
    ctx: click.Context,
    *,
    first: str,
    second: str,
    urls: str | None,
    user: str,
    at: datetime | None,
    method: str,
    offline: bool,
    fail_on_change: bool,
) -> None:
    """Tell which verdicts on a list of URLs change from policy A to policy B.

    A and B are computers, endpoint groups, changesets (changeset:4/Default), policy files, or the
    gateway's own filter (gateway); a word that could be two of them is written with its kind, as
    endpoint:PC-01 or group:Default. What each side knows of sites is what `policy test` tells.
    """
    session = ctx.find_object(Session) or Session()
    if urls is None:
        raise click.UsageError("Say which URLs: --urls FILE, or --urls - for standard input.")
    pair = [named_policy(session.places, word) for word in (first, second)]
    before, after = pair
    defaults = Defaults(user=user, at=at, method=method)
    changed: list[dict[str, Any]] = []
    count = total = 0
    sides = [(each, knowledge_of(session.places, each, is_offline=offline)) for each in pair]
    for one, record in _compared(sides, urls, defaults):
        total += 1
        if record is None:
            continue
        count += 1
        if session.as_json:
            changed.append(record)
        else:
            click.echo(_text(one, record))
    if session.as_json:
        document = {"a": _named(before), "b": _named(after), "urls": total, "changed": changed}
        emit(session, document, lambda: "")
    else:
        sys.stdout.flush()
        say(f"{count} of {total} verdicts change from {before} to {after}")
    if fail_on_change and count:
        ctx.exit(ExitCode.FAILED)


def _compared(
    sides: list[tuple[NamedPolicy, SiteKnowledge]], urls: str, defaults: Defaults
) -> Iterator[tuple[Asked, dict[str, Any] | None]]:
    """Yield each URL, with what is to be told of it when its verdict changes.

    The engine decides; only a verdict that changes is evaluated again, for its trace.
    """
    engines = [Engine(named.policy) for named, _ in sides]
    with open_list(urls) as listed:
        for one in listed:
            requests = [defaults.request(one, named) for named, _ in sides]
            actions = {
                engine.verdict(request, known).action
                for engine, (_, known), request in zip(engines, sides, requests, strict=True)
            }
            if len(actions) == 1:
                yield one, None
                continue
            old, new = (
                evaluate(named.policy, request, known)
                for (named, known), request in zip(sides, requests, strict=True)
            )
            yield one, _record(one, old, new)


def _record(one: Asked, old: Verdict, new: Verdict) -> dict[str, Any]:
    found = first_difference(old, new)
    return {
        "url": one.url,
        "user": one.user,
        "a": _verdict(old),
        "b": _verdict(new),
        "first_difference": _difference(found) if found is not None else None,
    }


def _verdict(verdict: Verdict) -> dict[str, str]:
    return {
        "action": verdict.action,
        "reason": verdict.reason.value,
        "filter_action_ref": verdict.filter_action_ref,
        "rule_ref": verdict.rule_ref,
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {"rule": found.rule, "a": _step(found.first), "b": _step(found.second)}


def _step(step: Step | None) -> dict[str, str] | None:
    if step is None:
        return None
    return {"rule": step.rule, "ref": step.ref, "outcome": step.outcome, "why": step.why}


def _named(named: NamedPolicy) -> dict[str, str]:
    return {"kind": named.kind, "name": named.name, "revision": named.revision}


def _text(one: Asked, record: dict[str, Any]) -> str:
    user = f"  user {one.user}" if one.user else ""
    old, new = record["a"]["action"].upper(), record["b"]["action"].upper()
    lines = [f"{old} -> {new}  {one.url}{user}"]
    found = record["first_difference"]
    if found is not None:
        lines += [f"    {side}: {_step_text(found['rule'], found[side])}" for side in ("a", "b")]
    return "\n".join(map(printable, lines))


def _step_text(rule: str, step: dict[str, str] | None) -> str:
    if step is None:
        return f"{rule}: not tried"
    return " ".join(filter(None, (f"{step['rule']}: {step['outcome']}", step["ref"], step["why"])))
