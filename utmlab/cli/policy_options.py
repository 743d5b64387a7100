"""Options that the policy tools share: whose policy, which reading, who browses and when."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, TypeVar

import click

from foundation.service import utc_now
from foundation.webfilter.conditions import zone_of
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.switches import SwitchBoard, UnknownSwitchError, check_switch
from utmlab.cli.completing import endpoint_names, group_names
from utmlab.cli.stored_policies import (
    GATEWAY,
    NamedPolicy,
    endpoint_policy,
    file_policy,
    group_policy,
    named_policy,
)
from utmlab.places import Places

Function = TypeVar("Function", bound=Callable[..., Any])

OUTCOMES = ("allow", "warn", "block")


def whose_policy(function: Function) -> Function:
    """Add --endpoint, --group, --policy and --switch; the command takes `named`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def who_and_when(function: Function) -> Function:
    """Add --user, --at and --method."""
    for option in reversed(_REQUEST_OPTIONS):
        function = option(function)
    return function


def chosen_policy(
    places: Places,
    *,
    endpoint: str,
    group: str,
    policy_file: str,
    switches: tuple[tuple[str, str], ...],
) -> NamedPolicy:
    """Return the policy that the options of `whose_policy` name.

    Raises:
        UsageError: If they name none or several.
    """
    given = [one for one in (endpoint, group, policy_file) if one]
    if len(given) != 1:
        raise click.UsageError("Say whose policy: one of --endpoint, --group and --policy.")
    if endpoint:
        found = endpoint_policy(places, endpoint)
    elif group:
        found = group_policy(places, group)
    elif policy_file.partition(":")[0] in {"changeset", GATEWAY}:
        found = named_policy(places, policy_file)
    else:
        found = file_policy(Path(policy_file))
    return found.with_switches(switches)


def moment(text: str) -> datetime:
    """Read a moment in ISO 8601; without an offset it is of no zone yet."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no moment such as 2026-11-20T14:30") from None


def moment_in(at: datetime | None, policy: WebPolicy) -> datetime:
    """Return a moment in the policy's zone when it names no other; without one it is now."""
    if at is None:
        return utc_now()
    return at if at.tzinfo is not None else at.replace(tzinfo=local_zone(policy))


def local_zone(policy: WebPolicy) -> tzinfo:
    """Return the UTM's zone, in which stamps and time events are written."""
    return zone_of(policy.timezone, SwitchBoard()) or UTC


def _switches(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    chosen: dict[str, str] = {}
    for text in values:
        name, _, value = text.partition("=")
        try:
            check_switch(name, value)
        except UnknownSwitchError as error:
            raise click.BadParameter(str(error)) from error
        chosen[name] = value
    return tuple(chosen.items())


_OPTIONS = (
    click.option(
        "--endpoint",
        metavar="COMPUTER",
        default="",
        shell_complete=endpoint_names,
        help="The policy that a computer enforces.",
    ),
    click.option(
        "--group",
        metavar="GROUP",
        default="",
        shell_complete=group_names,
        help="The policy of an endpoint group, as it is compiled now.",
    ),
    click.option(
        "--policy",
        "policy_file",
        metavar="FILE",
        default="",
        help="A policy document, such as an endpoint's SWC-190_policy.xml; also "
        "changeset:4/Default for what was sent, and gateway for the gateway's own filter "
        "(gateway:Default: as it is for that group's computers).",
    ),
    click.option(
        "--switch",
        "switches",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_switches,
        help="Another reading of a doubtful rule; may be given several times.",
    ),
)
offline_option = click.option(
    "--offline", is_flag=True, help="As with LiveConnect out of reach: nobody is asked about sites."
)
_REQUEST_OPTIONS = (
    click.option("--user", default="", help="Who browses, as DOMAIN\\name or name."),
    click.option(
        "--at",
        type=moment,
        metavar="TIME",
        help="When (default: now); without offset in the policy's zone.",
    ),
    click.option("--method", default="GET", help="The HTTP method (default: GET)."),
)
