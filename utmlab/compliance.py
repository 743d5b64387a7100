"""Waiting until endpoints comply with a changeset, and saying what is missing when they do not.

- Compliant means: LiveConnect has committed statuses with `Same` and every RevID that the
  changeset wants of the endpoint, and the UTM knows.
- A time-out names, per endpoint, the hop that did not happen, and shows the last log lines.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, Protocol

from endpoint.app import PartNotRunningError
from foundation.errors import DomainError
from utm.naming import NoSuchGroupError
from utmlab.computers import Computer, TaskComputer
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
    lab: Lab,
    changeset: int | None,
    *,
    endpoint: str | None,
    timeout_s: float,
    group: str | None = None,
    polls: int | None = None,
) -> None:
    """Wait until endpoints comply.

    Args:
        lab: The running lab.
        changeset: Its number, None for the newest.
        endpoint: One computer's name, None for all.
        timeout_s: How long to wait at most.
        group: Only the members of an endpoint group.
        polls: And until every computer that is missing has made so many; None does not count.

    Raises:
        NotCompliantError: If they do not in time.
    """
    # The first look is not cut short: a time-out can always name who is missing.
    missing, begun = await _missing(lab, changeset, endpoint, group), _polls(lab)
    waited = f"{timeout_s:g} s"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            while missing:
                has_polled = _have_polled(lab, missing, begun, polls)
                await asyncio.sleep(LOOK_EVERY_S)
                missing = await _missing(lab, changeset, endpoint, group)
                if has_polled:  # counted before the look: the last poll's work is seen
                    waited = f"{polls} polls"
                    break
    if missing:
        which = f"changeset {changeset}" if changeset else "the newest changeset"
        story = [*_reasons(lab, changeset, missing), *await _last_requests(lab, missing)]
        told = "\n".join([*story, *_last_lines(lab, missing)])
        raise NotCompliantError(
            f"after {waited} {', '.join(missing)} not compliant with {which}:\n{told}"
        )


def _polls(lab: Lab) -> dict[str, int]:
    """Return how often the computers whose clients are tasks polled so far."""
    counted = dict[str, int]()
    for name, computer in lab.computers.items():
        if isinstance(computer, TaskComputer):
            with contextlib.suppress(PartNotRunningError):
                counted[name] = computer.endpoint.mcs_client.polls
    return counted


def _have_polled(lab: Lab, names: list[str], begun: dict[str, int], polls: int | None) -> bool:
    if polls is None:
        return False
    now = _polls(lab)
    counted = [now[name] - begun.get(name, 0) for name in names if name in now]
    return bool(counted) and min(counted) >= polls


async def _last_requests(lab: Lab, names: list[str]) -> list[str]:
    """Return the last exchange of each with LiveConnect, as far as a journal is kept."""
    try:
        exchanges = await lab.call("liveconnect", "journal", limit=1000)
        ids = {one["name"]: one["id"] for one in await lab.call("utm", "endpoint_list")}
    except DomainError:
        return []
    told = []
    for name in names:
        own = [one for one in exchanges if name in ids and ids[name] in one["path"]]
        if own:
            last = own[-1]
            told.append(
                f"  {name} last request: {last['method']} {last['path']} -> {last['status']}"
            )
    return told


async def _missing(
    lab: Lab, changeset: int | None, endpoint: str | None, group: str | None
) -> list[str]:
    """Return the names of those that do not comply yet."""
    view = await lab.call("utm", "changeset", number=changeset)
    if view is None:
        return ["the UTM (it has no changeset)"]
    if changeset is not None and _is_covered(view, await lab.call("utm", "endpoint_list")):
        return []
    concerned = [one for one in view["endpoints"] if endpoint in (None, one["name"])]
    if group is not None:
        members = await _members(lab, group)
        concerned = [one for one in concerned if one["name"] in members]
    if endpoint is not None and not concerned:
        return [endpoint]
    return [one["name"] for one in concerned if "applied_at" not in one]


async def _members(lab: Lab, group: str) -> set[str]:
    """Return the names of a group's computers; the default group has those of no other."""
    groups = {one["name"]: one for one in await lab.call("utm", "group_list")}
    if group not in groups:
        raise NoSuchGroupError(f"there is no endpoint group {group!r}")
    return set(groups[group]["endpoints"])


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
