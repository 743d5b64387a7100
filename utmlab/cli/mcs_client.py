"""`utmlab mcs check-client`: does an MCS client do what the protocol says?"""

import asyncio
import secrets
import string
from collections.abc import Collection
from pathlib import Path

import click

from foundation.net.tls import server_context
from foundation.protocol.names import DEFAULT_BASE_PATH
from foundation.service import utc_now
from liveconnect.pki import CertificateAuthority
from utmlab.cli.checks import finish, report_options
from utmlab.cli.output import say
from utmlab.cli.session import LabCommand, Session
from utmlab.conformance.client.check import CLIENT_RULES, Watch, check_client
from utmlab.conformance.client.scenes import SCENES
from utmlab.conformance.expected import read_expected
from utmlab.conformance.report import Report
from utmlab.journal import printable

_TOKEN_LENGTH = 17


@click.command("check-client", cls=LabCommand)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--base-path", default=DEFAULT_BASE_PATH, show_default=True, help="Of every path.")
@click.option(
    "--token",
    envvar="UTMLAB_TOKEN",
    help="The registration token to accept (or $UTMLAB_TOKEN; default: made for this run).",
)
@click.option(
    "--scenario",
    multiple=True,
    type=click.Choice(list(SCENES)),
    help="Only this scenario beside the first contact and the policy; may be repeated.",
)
@click.option(
    "--fast",
    type=click.FloatRange(min=0.2),
    metavar="S",
    help="The client was told to poll each S seconds, whatever the policy says (it says 5).",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=300.0,
    show_default=True,
    metavar="S",
    help="How long the client's first poll is waited for.",
)
@report_options
@click.pass_context
def check_client_command(
    ctx: click.Context,
    *,
    port: int,
    base_path: str,
    token: str | None,
    scenario: tuple[str, ...],
    fast: float | None,
    timeout: float,
    rule: tuple[str, ...],
    junit: Path | None,
    xfail: Path | None,
) -> None:
    """Watch an MCS client and drive it through what can go wrong.

    Serves MCS by itself on 127.0.0.1, prints URL, CA file and token, and waits for one client to be
    pointed at it. At the policy's interval of 5 s a run takes some eleven minutes, with --fast 1
    two. Ends with 1 when a rule is broken, or when the client never polled.
    """
    session = ctx.find_object(Session) or Session()
    expected = read_expected(xfail.read_text(), (one.id for one in CLIENT_RULES)) if xfail else ()
    authority = CertificateAuthority(session.places.data / "check_client", now=utc_now)
    certificate, key = authority.server_files("localhost")
    watch = Watch(
        context=server_context(certificate=certificate, key=key, now=utc_now),
        token=token or _new_token(),
        now=utc_now,
        port=port,
        base_path="/" + base_path.strip("/") if base_path.strip("/") else "",
        fast_s=fast,
        first_s=timeout,
        scenes=scenario,
    )
    report = asyncio.run(_check(session, watch, authority.ca_file, rule, expected))
    finish(ctx, session, report, junit)


async def _check(
    session: Session, watch: Watch, ca: Path, rules: tuple[str, ...], expected: Collection[str]
) -> Report:
    def ready(url: str) -> None:
        # The token opens nothing but this server, which ends with the run.
        say(f"URL    {url}\nCA     {ca}\nToken  {watch.token}\nPoint the client at it.")

    report = await check_client(
        watch, only=rules, on_ready=ready, on_scene=lambda name: say(f"... {name}")
    )
    report = report.expecting(expected)
    if not session.as_json:
        for finding in report.findings:
            click.echo(printable(finding.line()))
    return report


def _new_token() -> str:
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(_TOKEN_LENGTH))
