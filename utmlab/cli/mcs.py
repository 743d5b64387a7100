"""`utmlab mcs`: do an MCS server and a client do what the protocol says?"""

import asyncio
import json
import random
from collections.abc import Collection
from pathlib import Path

import click

from foundation.service import utc_now
from utmlab.cli.asking import ask_liveconnect
from utmlab.cli.checks import finish, report_options
from utmlab.cli.mcs_client import check_client_command
from utmlab.cli.mcs_replay import replay_command
from utmlab.cli.output import emit
from utmlab.cli.server_trust import server_options, trusting
from utmlab.cli.session import LabCommand, LabGroup, Session
from utmlab.conformance import ALL_RULES, Finding, Report, Target, check_server
from utmlab.conformance.expected import read_expected
from utmlab.journal import printable


@click.group(cls=LabGroup)
def mcs() -> None:
    """Check an MCS server or a client, ours or any other."""


@mcs.command("ask", cls=LabCommand)
@click.argument("verb")
@click.argument("arguments", default="{}")
@click.pass_obj
def ask_command(session: Session, verb: str, arguments: str) -> None:
    """Ask the running LiveConnect, of a lab or alone, for what a test server has to offer.

    ARGUMENTS is a JSON object. VERB is flags, flags_replace, policy, policy_replace, ways_replace
    (relays and proxies), migration_token, migrate, responses, data_feeds, endpoints, send_command,
    ca or any other verb of LiveConnect.
    """
    try:
        given = json.loads(arguments)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}") from error
    if not isinstance(given, dict):
        raise click.BadParameter("no JSON object")
    answer = ask_liveconnect(session, verb, given)
    text = json.dumps(answer, indent=2, ensure_ascii=False)
    emit(session, {"verb": verb, "answer": answer}, lambda: printable(text))


@mcs.command("check-server", cls=LabCommand)
@click.argument("url")
@server_options
@report_options
@click.option("--seed", type=int, help="For the names that the run makes up.")
@click.pass_context
def check_server_command(
    ctx: click.Context,
    *,
    url: str,
    token: str,
    ca: Path | None,
    rule: tuple[str, ...],
    junit: Path | None,
    xfail: Path | None,
    seed: int | None,
) -> None:
    """Check an MCS server by raw HTTP against every rule of the protocol notes.

    URL is the base of the server, such as https://localhost:4443/sophos/management/ep. The run
    registers a few endpoints called conformance-...; MCS has no call to remove them. Ends with 1
    when a rule is broken.
    """
    session = ctx.find_object(Session) or Session()
    expected = read_expected(xfail.read_text(), (one.id for one in ALL_RULES)) if xfail else ()
    target = Target(url=url, token=token, context=trusting(session, ca))
    report = asyncio.run(_check(session, target, rule, random.Random(seed), expected))
    finish(ctx, session, report, junit)


async def _check(
    session: Session,
    target: Target,
    rules: tuple[str, ...],
    rng: random.Random,
    expected: Collection[str],
) -> Report:
    def show(finding: Finding) -> None:
        click.echo(printable(finding.expecting(expected).line()))

    on_finding = None if session.as_json else show
    report = await check_server(target, now=utc_now, rng=rng, only=rules, on_finding=on_finding)
    return report.expecting(expected)


mcs.add_command(check_client_command)
mcs.add_command(replay_command)
