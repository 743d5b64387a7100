"""Completion of names that only the data folder knows. It never fails: no lab, no names.

Provenance: ours.
"""

from contextlib import closing

import click

from foundation.errors import DomainError
from utmlab.cli.session import session_of


def endpoint_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a computer."""
    names = session_of(ctx).places.host_names()
    return [name for name in names if name.startswith(incomplete)]


def group_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of an endpoint group."""
    from utmlab.stored import open_utm  # noqa: PLC0415 - completion of other words need not wait

    try:
        with closing(open_utm(session_of(ctx).places)) as utm:
            names = [group["name"] for group in utm.groups()]
    except DomainError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def policy_words(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a computer or of an endpoint group."""
    return endpoint_names(ctx, param, incomplete) + group_names(ctx, param, incomplete)


def log_names(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a log."""
    from utmlab.cli.log_files import known_names  # noqa: PLC0415

    wanted = incomplete.lower()
    names = known_names(session_of(ctx).places)
    return [name for name in names if name.lower().startswith(wanted)]
