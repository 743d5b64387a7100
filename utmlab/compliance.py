"""Waiting until endpoints comply with a changeset, and saying what is missing when they do not.

- Compliant means: LiveConnect has committed statuses with `Same` and every RevID that the
  changeset wants of the endpoint, and the UTM knows.
- A time-out names, per endpoint, the hop that did not happen, and shows the last log lines.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from foundation.errors import DomainError
from utmlab.computers import Computer
from utmlab.errors import NotCompliantError
from utmlab.places import Places
from utmlab.stored import stored_trace
from utmlab.trace import MEANING

LOOK_EVERY_S = 0.05
LINES_SHOWN = 5


class Lab(Protocol):
    """What is needed of a lab to watch it."""

    places: Places
    computers: dict[str, Computer]

    async def call(self, house: str, verb: str, **arguments: Any) -> Any:
        """Call a verb of a house."""


async def wait_compliant(
    lab: Lab, changeset: int | None, *, endpoint: str | None, timeout_s: float
) -> None:
    """Wait until endpoints comply.

    Args:
        lab: The running lab.
        changeset: Its number, None for the newest.
        endpoint: One computer's name, None for all.
        timeout_s: How long to wait.

    Raises:
        NotCompliantError: If they do not in time.
    """
    # The first look is not cut short: a time-out can always name who is missing.
    missing = await _missing(lab, changeset, endpoint)
    try:
        async with asyncio.timeout(timeout_s):
            while missing:
                await asyncio.sleep(LOOK_EVERY_S)
                missing = await _missing(lab, changeset, endpoint)
    except TimeoutError:
        which = f"changeset {changeset}" if changeset else "the newest changeset"
        story = "\n".join([*_reasons(lab, changeset, missing), *_last_lines(lab, missing)])
        raise NotCompliantError(
            f"after {timeout_s:g} s {', '.join(missing)} not compliant with {which}:\n{story}"
        ) from None


async def _missing(lab: Lab, changeset: int | None, endpoint: str | None) -> list[str]:
    """Return the names of those that do not comply yet."""
    view = await lab.call("utm", "changeset", number=changeset)
    if view is None:
        return ["the UTM (it has no changeset)"]
    if changeset is not None and _is_covered(view, await lab.call("utm", "endpoint_list")):
        return []
    concerned = [one for one in view["endpoints"] if endpoint in (None, one["name"])]
    if endpoint is not None and not concerned:
        return [endpoint]
    return [one["name"] for one in concerned if "applied_at" not in one]


def _is_covered(view: Mapping[str, Any], endpoints: list[dict[str, Any]]) -> bool:
    """Whether a newer changeset took its place and everybody complies with that one."""
    return view["superseded_by"] is not None and all(one["compliant"] for one in endpoints)


def _reasons(lab: Lab, changeset: int | None, names: list[str]) -> list[str]:
    try:
        trace = stored_trace(lab.places, changeset)
    except DomainError as error:
        return [str(error)]
    reasons = []
    for one in trace.endpoints:
        hop = one.waits_for
        if one.name in names and hop is not None:
            reasons.append(f"  {one.name}: no hop {hop!r} ({MEANING[hop]})")
    return reasons


def _last_lines(lab: Lab, names: list[str]) -> list[str]:
    shown = []
    for name in names:
        if name not in lab.computers:
            continue
        log = lab.computers[name].host.client_log
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        shown += [f"  {name} {log.name}:", *(f"    {line}" for line in lines[-LINES_SHOWN:])]
    return shown
