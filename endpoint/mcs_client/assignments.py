"""Which policies a list of commands assigns, and which of them are fetched. Pure.

* Several assignments for one app: only the last one is fetched; all commands are acknowledged.
* A command whose body assigns nothing that is known assigns nothing; that is no failure.

Provenance: mcs-protocol.md 1.9, 2.2 (public).
"""

from collections.abc import Callable, Sequence

from foundation.protocol.commands import (
    AppsProxyBodyUnknownError,
    Command,
    InvalidCommandError,
    PolicyAssignment,
    PolicyFragments,
    read_apps_proxy_body,
)
from foundation.protocol.names import APPSPROXY

Assigned = PolicyAssignment | PolicyFragments


def assignments_to_fetch(
    commands: Sequence[Command], on_unknown: Callable[[Command, Exception], None]
) -> tuple[tuple[Assigned, ...], ...]:
    """Return, for each command, the assignments that are fetched for it.

    Args:
        commands: In the order of work.
        on_unknown: Told of a command for APPSPROXY that assigns nothing that is known.
    """
    assigned = [_assigned(command, on_unknown) for command in commands]
    wanted = {each.app_id: each for several in assigned for each in several}
    return tuple(
        tuple(each for each in several if wanted[each.app_id] is each) for several in assigned
    )


def _assigned(
    command: Command, on_unknown: Callable[[Command, Exception], None]
) -> tuple[Assigned, ...]:
    if command.app_id != APPSPROXY:
        return ()
    try:
        return read_apps_proxy_body(command.body)
    except (AppsProxyBodyUnknownError, InvalidCommandError) as error:
        on_unknown(command, error)
        return ()
