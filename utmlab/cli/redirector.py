"""`utmlab redirector`: a web policy as the URL rewriter of squid."""

import os
import sys
from pathlib import Path

import click

from foundation.categories.demo import demo_categories
from foundation.categories.large_set import LargeCategorySet
from foundation.service import utc_now
from foundation.webfilter.engine import Engine
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.policy_xml import decode_web_policy
from utmlab.cli.completing import endpoint_names
from utmlab.cli.session import LabCommand, Session
from utmlab.redirector import DEFAULT_PAGE, Redirector

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=LabCommand)
@click.option("--policy", type=_FILE, metavar="FILE", help="A web policy document.")
@click.option(
    "--endpoint",
    metavar="COMPUTER",
    shell_complete=endpoint_names,
    help="The policy that a computer enforces.",
)
@click.option(
    "--categories", type=_FILE, metavar="FILE", help="Categories of sites, a mapped file."
)
@click.option(
    "--redirect",
    default=DEFAULT_PAGE,
    metavar="URL",
    help="Where blocked requests go: %a action, %r reason, %u URL.",
)
@click.pass_obj
def redirector(
    session: Session,
    *,
    policy: Path | None,
    endpoint: str | None,
    categories: Path | None,
    redirect: str,
) -> None:
    """Answer squid's URL rewriter lines by a web policy.

    Lines come on standard input, as from url_rewrite_program, with or without channel-IDs.

    The policy is read once; `squid -k reconfigure` starts rewriters anew.
    """
    if (policy is None) == (endpoint is None):
        raise click.UsageError("give either --policy or --endpoint")
    if policy is not None:
        decided_by = decode_web_policy(policy.read_bytes())
    else:
        decided_by = _policy_of(session, endpoint or "")
    source = LargeCategorySet.open(categories) if categories is not None else demo_categories()
    answering = Redirector(Engine(decided_by), source, now=utc_now, page=redirect)
    sys.stdout.flush()
    answering.serve(lambda most: os.read(0, most), _write_all)


def _policy_of(session: Session, endpoint: str) -> WebPolicy:
    # Only here, since reading a computer's folder takes longer to import than all the rest.
    from utmlab.cli.stored_names import archive_of  # noqa: PLC0415
    from utmlab.errors import NoPolicyInForceError  # noqa: PLC0415

    archive = archive_of(session.places, endpoint)
    if archive.web_policy is None:
        raise NoPolicyInForceError(f"{archive.name} has no web policy, so it allows everything")
    return archive.web_policy.policy


def _write_all(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]
