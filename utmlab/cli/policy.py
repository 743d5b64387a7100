"""`utmlab policy`: the web policy of endpoints."""

from contextlib import closing

import click

from foundation.protocol.policies import seal
from foundation.webfilter.policy_xml import encode_web_policy
from utm.web_policy import compile_group
from utmlab.cli.asking import ask, wait_compliant
from utmlab.cli.completing import group_names
from utmlab.cli.output import emit, say
from utmlab.cli.policy_diff import diff
from utmlab.cli.policy_lint import lint
from utmlab.cli.policy_replay import replay
from utmlab.cli.policy_switch import switch
from utmlab.cli.policy_test import test
from utmlab.cli.render.policy import edit_text, policy_record, policy_text
from utmlab.cli.session import LabGroup, Session
from utmlab.cli.waiting import wait_option
from utmlab.stored import group_named, open_utm


@click.group(cls=LabGroup)
def policy() -> None:
    """Web policy: show, edit, ask for a verdict."""


policy.add_command(test)
policy.add_command(lint)
policy.add_command(switch)
policy.add_command(diff)
policy.add_command(replay)


@policy.command()
@click.argument("group", default="", shell_complete=group_names)
@click.option("--xml", "as_xml", is_flag=True, help="Print the document that is sent.")
@click.pass_obj
def show(session: Session, group: str, as_xml: bool) -> None:
    """Show the web policy of an endpoint group as it is compiled now, from stored state.

    GROUP is a name or a reference; without it the group of newly installed computers. What --xml
    prints can be given to `policy test`, `diff` and `replay`.
    """
    with closing(open_utm(session.places)) as utm:
        snapshot = utm.snapshot()
        ref = group_named(utm, group)
    compiled, warnings = compile_group(snapshot, ref)
    if as_xml:
        _revision, document = seal(encode_web_policy(compiled))
        click.echo(document, nl=False)
        return
    emit(
        session,
        policy_record(compiled, warnings),
        lambda: policy_text(compiled, warnings),
    )


group_option = click.option(
    "--group",
    default="",
    shell_complete=group_names,
    help="The endpoint group (default: that of newly installed computers).",
)
shared_option = click.option(
    "--shared", is_flag=True, help="Also when the filter action decides for other groups too."
)


@policy.command()
@click.argument("host")
@group_option
@shared_option
@wait_option
@click.pass_obj
def block(session: Session, host: str, group: str, shared: bool, wait: float | None) -> None:
    """Block a site and what is below it: an entry in the filter action's block list."""
    _edit(session, "policy_block", host, group, shared=shared, wait=wait)


@policy.command()
@click.argument("host")
@group_option
@shared_option
@wait_option
@click.pass_obj
def warn(session: Session, host: str, group: str, shared: bool, wait: float | None) -> None:
    """Warn of a site and what is below it: a tag that the filter action warns of."""
    _edit(session, "policy_warn", host, group, shared=shared, wait=wait)


@policy.command()
@click.argument("host")
@group_option
@shared_option
@wait_option
@click.pass_obj
def allow(session: Session, host: str, group: str, shared: bool, wait: float | None) -> None:
    """Allow a site and what is below it: an entry in the filter action's allow list."""
    _edit(session, "policy_allow", host, group, shared=shared, wait=wait)


def _edit(
    session: Session, verb: str, host: str, group: str, *, shared: bool, wait: float | None
) -> None:
    done = ask(session, verb, host=host, group=group, shared=shared)
    wait_compliant(session, done["changeset"], wait)
    emit(session, done, lambda: edit_text(done))
    if done["overruled_by"]:
        say(f"It takes no effect yet: {', '.join(done['overruled_by'])} says otherwise.")
    with closing(open_utm(session.places)) as utm:
        switched_on = {one["ref"] for one in utm.groups() if one["web_control"]}
    if done["group_ref"] not in switched_on:
        say(
            f"It takes no effect yet: Web Control is off for {done['group_name']}. "
            "`utmlab group create` makes a group that has it on."
        )
