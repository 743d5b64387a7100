"""`utmlab policy test`: what would a policy do with a URL, and why, and what would change it."""

from datetime import datetime
from functools import partial
from typing import Any

import click

from foundation.webfilter.counterfactual import nearest_changes
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.verdict import WebRequest
from utmlab.cli.deciding import Decider, Judging, decider_of
from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit, say
from utmlab.cli.policy_batch import Defaults, test_list
from utmlab.cli.policy_options import (
    OUTCOMES,
    chosen_policy,
    moment_in,
    offline_option,
    who_and_when,
    whose_policy,
)
from utmlab.cli.render.verdict import change_record, verdict_record, verdict_text
from utmlab.cli.session import LabCommand, Session
from utmlab.cli.site_knowledge import Origins, SiteKnowledge, knowledge_of
from utmlab.cli.stored_policies import NamedPolicy
from utmlab.cli.url_lists import urls_option


@click.command(cls=LabCommand)
@click.argument("url", default="")
@whose_policy
@who_and_when
@urls_option
@offline_option
@click.option("--csv", "as_csv", is_flag=True, help="With --urls: answer as CSV.")
@click.option(
    "--expect",
    type=click.Choice(OUTCOMES),
    help="End with 1 when a verdict is another one; a column expect in the list goes before it.",
)
@click.pass_context
def test(
    ctx: click.Context,
    *,
    url: str,
    endpoint: str,
    group: str,
    policy_file: str,
    switches: tuple[tuple[str, str], ...],
    user: str,
    at: datetime | None,
    method: str,
    urls: str | None,
    offline: bool,
    as_csv: bool,
    expect: str | None,
) -> None:
    """Tell what a policy does with a URL, every rule that was tried, and what would turn it.

    With --endpoint the policy is the one that the computer's Web Control enforces, from its own
    file, whether anything runs or not; at the office it is the gateway's. Categories are those that
    would be used there: the policy's local sites, the demo set, what LiveConnect told the computer,
    and the list that was imported for it. All of it is stored state, and the answer says which.
    Without --user it is the one who is logged on there.

    With --urls a list is tested, one verdict per line.
    """
    session = ctx.find_object(Session) or Session()
    if bool(url) == bool(urls):
        raise click.UsageError("Give a URL or --urls, one of the two.")
    if as_csv and (not urls or session.as_json):
        raise click.UsageError("--csv goes with --urls, and not with --json.")
    named = chosen_policy(
        session.places, endpoint=endpoint, group=group, policy_file=policy_file, switches=switches
    )
    decider = decider_of(session.places, named, switches)
    user, address, policy = user or decider.user, decider.client_ip, decider.named
    known = knowledge_of(session.places, policy, is_offline=offline)
    if urls:
        defaults = Defaults(user, at, method, expect or "", client_ip=address)
        failed = test_list(session, decider, known, urls, defaults, as_csv=as_csv)
    else:
        at = moment_in(at, policy.policy)
        request = WebRequest(url, method.upper(), at, user=user, client_ip=address)
        failed = _test_one(session, named, decider, request, known=known, expect=expect)
    if failed:
        ctx.exit(ExitCode.FAILED)


def _test_one(
    session: Session,
    named: NamedPolicy,
    decider: Decider,
    request: WebRequest,
    *,
    known: SiteKnowledge,
    expect: str | None,
) -> bool:
    """Answer for one URL; return whether another verdict was expected."""
    policy = decider.named.policy
    judging = Judging(decider, lambda policy: partial(evaluate, policy, categories=known))
    verdict, judged_by = judging.verdict(request)
    changes = nearest_changes(judged_by, request, verdict, known) if judged_by else ()
    origin = Origins(policy, known).of(request, verdict)
    document: dict[str, Any] = {
        "endpoint": named.name if named.kind == "endpoint" else "",
        "revision": decider.named.revision,
        "policy": {"kind": decider.named.kind, "name": decider.named.name},
        "decided_by": decider.sentence,
        "category_source": origin,
        "verdict": verdict_record(request, verdict),
        "would_change_if": [change_record(one) for one in changes],
    }

    def text() -> str:
        first, *rest = verdict_text(request, verdict, changes).splitlines()
        source = f"category from: {origin}" if origin else ""
        return "\n".join([first, *filter(None, [decider.sentence, source]), *rest])

    emit(session, document, text)
    if expect is None or verdict.action == expect:
        return False
    say(f"utmlab: {request.url} was expected to be {expect}, and it is {verdict.action}")
    return True
