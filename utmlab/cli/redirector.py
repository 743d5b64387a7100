"""`utmlab redirector`: a web policy as the URL rewriter of squid."""

import os
import sys
from pathlib import Path

import click

from foundation.categories.demo import demo_categories
from foundation.categories.large_set import LargeCategorySet
from foundation.errors import DomainError
from foundation.present import utc_now
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
@click.option(
    "--legacy",
    is_flag=True,
    help="Answer as squid before 3.4 wants it: the new URL alone, or an empty line.",
)
@click.pass_obj
def redirector(
    session: Session,
    *,
    policy: Path | None,
    endpoint: str | None,
    categories: Path | None,
    redirect: str,
    legacy: bool,
) -> None:
    """Answer squid's URL rewriter lines by a web policy.

    Lines come on standard input, as from url_rewrite_program, with or without channel-IDs. The
    answer is OK rewrite-url="..." or, for what stays, ERR.

    A policy that changes is taken with the next lines; one that cannot be read is reported on
    standard error, and the last good one stays.
    """
    if (policy is None) == (endpoint is None):
        raise click.UsageError("give either --policy or --endpoint")
    watched = _Watched(policy) if policy is not None else _of_computer(session, endpoint or "")
    source = LargeCategorySet.open(categories) if categories is not None else demo_categories()
    answering = Redirector(
        watched.first, source, now=utc_now, page=redirect, newer=watched.newer, legacy=legacy
    )
    sys.stdout.flush()
    answering.serve(lambda most: os.read(0, most), _write_all)


class _Watched:
    """A policy document that may be replaced.

    Args:
        path: Where it is.
        in_force: What is enforced, where that may be another one than the document's.
    """

    def __init__(self, path: Path, in_force: WebPolicy | None = None) -> None:
        self._path = path
        # Stamped before it is read: a file replaced in between is read once more, never missed.
        self._stamp = _stamp_of(path)
        self.first = self._engine() if in_force is None else Engine(in_force)

    def _engine(self) -> Engine:
        return Engine(decode_web_policy(self._path.read_bytes()))

    def newer(self) -> Engine | None:
        """Return an engine when the document was replaced and can be read."""
        stamp = _stamp_of(self._path)
        if stamp == self._stamp:
            return None
        self._stamp = stamp
        try:
            return self._engine()
        except (DomainError, OSError) as error:
            click.echo(f"the last good policy stays: {error}", err=True)
            return None


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _of_computer(session: Session, endpoint: str) -> _Watched:
    # Only here, since reading a computer's folder takes longer to import than all the rest.
    from utmlab.cli.stored_names import archive_of  # noqa: PLC0415
    from utmlab.errors import NoPolicyInForceError  # noqa: PLC0415

    archive = archive_of(session.places, endpoint)
    if archive.web_policy is None:
        raise NoPolicyInForceError(f"{archive.name} has no web policy, so it allows everything")
    return _Watched(archive.host.web_control_policy, in_force=archive.web_policy.policy)


def _write_all(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]
