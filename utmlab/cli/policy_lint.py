"""`utmlab policy lint`: what an administrator probably did not mean."""

from contextlib import closing
from dataclasses import asdict

import click

from foundation.service import utc_now
from utm.web_policy.lint import lint as lint_policy
from utmlab.cli.completing import group_names
from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit, say
from utmlab.cli.session import LabCommand, Session
from utmlab.journal import printable
from utmlab.stored import group_named, open_utm


@click.command(cls=LabCommand)
@click.option(
    "--group",
    default="",
    shell_complete=group_names,
    help="Only what concerns the endpoints of this group (default: everything configured).",
)
@click.option("--strict", is_flag=True, help="End with 1 when anything is found.")
@click.pass_context
def lint(ctx: click.Context, *, group: str, strict: bool) -> None:
    """Judge the web policy: what is probably not meant, and what endpoints will not do.

    One finding per line: the object, a stable code, a sentence. Works on stored state, whether
    anything runs or not.
    """
    session = ctx.find_object(Session) or Session()
    with closing(open_utm(session.places)) as utm:
        snapshot = utm.snapshot()
        ref = group_named(utm, group) if group else ""
    found = lint_policy(snapshot, now=utc_now(), group_ref=ref)
    document = {"group_ref": ref, "findings": [asdict(each) for each in found]}
    emit(session, document, lambda: "\n".join(printable(str(each)) for each in found))
    say(f"{len(found)} finding{'' if len(found) == 1 else 's'}")
    if strict and found:
        ctx.exit(ExitCode.FAILED)
