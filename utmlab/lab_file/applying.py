"""Bringing a running lab to what a lab file says; doing it again changes nothing.

- In this order: settings (they hold from the next start), configuration, Endpoint Protection,
  computers that are missing, groups, locations.
- The configuration is one numbered change or none. Nothing is deleted: objects and computers that
  the file does not name stay, and the computers are told.
- A trial tells the same and changes nothing.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Final

from foundation.errors import DomainError
from utmlab.installation import install_on, is_installed
from utmlab.lab_file.document import ComputerWanted, LabDocument
from utmlab.office import network_of
from utmlab.settings import check_open_files, recall, remember
from utmlab.stack import UTM, Stack

REPORTED_S: Final = 60.0
LOOK_S: Final = 0.05


class NotReportedError(DomainError):
    """The UTM does not hear of computers that enrolled."""

    code: ClassVar[str] = "not_reported"
    hint: ClassVar[str] = "`utmlab doctor` tells whether the link is up; apply the file again then."


@dataclass(slots=True)
class Applied:
    """What was changed, or would be.

    Attributes:
        settings: Name to what it was and what it is from the next start on.
        configuration: What came of the configuration (`utm.adoption`), None without one.
        endpoint_protection: `on` or `off` when it was switched, else empty.
        installed: Computers that were missing.
        groups: Computer to the group it was moved to.
        locations: Computer to the location it was moved to.
        not_in_file: Computers that the file does not name.
    """

    settings: dict[str, list[Any]] = field(default_factory=dict)
    configuration: Mapping[str, Any] | None = None
    endpoint_protection: str = ""
    installed: list[str] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)
    locations: dict[str, str] = field(default_factory=dict)
    not_in_file: list[str] = field(default_factory=list)


async def apply(lab: Stack, wanted: LabDocument, *, dry_run: bool = False) -> Applied:
    """Bring a lab to a lab file.

    Raises:
        DomainError: As the UTM, an installer or a location refuses; what was done before stays.
    """
    applied = Applied()
    names = {one.name for one in wanted.computers}
    applied.not_in_file = sorted(set(lab.computers) - names)
    missing = [one for one in wanted.computers if not _is_there(lab, one.name)]
    check_open_files(len(lab.computers) + len(missing))
    _apply_settings(lab, wanted.settings, applied, dry_run=dry_run)
    if wanted.objects or wanted.nodes:
        applied.configuration = await lab.call(
            UTM,
            "adopt_documents",
            objects=[dict(one) for one in wanted.objects],
            nodes=dict(wanted.nodes),
            dry_run=dry_run,
        )
    await _apply_switch(lab, wanted.endpoint_protection, applied, dry_run=dry_run)
    await _install(lab, missing, applied, dry_run=dry_run)
    await _apply_groups(lab, wanted.computers, applied, dry_run=dry_run)
    for one in wanted.computers:
        await _apply_location(lab, one, applied, dry_run=dry_run)
    return applied


def _is_there(lab: Stack, name: str) -> bool:
    return name in lab.computers and is_installed(lab, name)


def _apply_settings(
    lab: Stack, wanted: Mapping[str, Any], applied: Applied, *, dry_run: bool
) -> None:
    known = recall(lab.places.settings)
    differing = {key: value for key, value in wanted.items() if known.get(key) != value}
    applied.settings = {key: [known.get(key), value] for key, value in differing.items()}
    if differing and not dry_run:
        stored = {key: known[key] for key in wanted if key in known}
        remember(lab.places.settings, replace(lab.settings, **{**stored, **differing}))


async def _apply_switch(
    lab: Stack, wanted: bool | None, applied: Applied, *, dry_run: bool
) -> None:
    is_on = (await lab.call(UTM, "status"))["enabled"]
    if wanted is None or wanted == is_on:
        return
    applied.endpoint_protection = "on" if wanted else "off"
    if not dry_run:
        await lab.call(UTM, "enable" if wanted else "disable")


async def _install(
    lab: Stack, missing: list[ComputerWanted], applied: Applied, *, dry_run: bool
) -> None:
    applied.installed = [one.name for one in missing]
    if dry_run or not missing:
        return
    installer = Path((await lab.call(UTM, "deploy_agent"))["file"])
    for one in missing:
        await install_on(
            lab, one.name, installer, products=one.products, narrate=lambda _line: None
        )


async def _apply_groups(
    lab: Stack, wanted: tuple[ComputerWanted, ...], applied: Applied, *, dry_run: bool
) -> None:
    if not any(one.group for one in wanted):
        return
    await _enrolled(lab, [] if dry_run else applied.installed)
    known = await lab.call(UTM, "endpoint_list")
    groups = {one["name"]: one["group"] for one in known if not one["removed"]}
    default = next(one["name"] for one in await lab.call(UTM, "group_list") if one["default"])
    for one in wanted:
        # A computer that is not there yet comes into the default group.
        if one.group and groups.get(one.name, default) != one.group:
            applied.groups[one.name] = one.group
            if not dry_run:
                await lab.call(UTM, "group_move", endpoint=one.name, group=one.group)


async def _enrolled(lab: Stack, names: list[str]) -> None:
    """Return when the UTM has heard of these computers."""
    try:
        async with asyncio.timeout(REPORTED_S):
            while not set(names) <= await _known_names(lab):  # noqa: ASYNC110 - the UTM may be another process
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise NotReportedError(f"the UTM has not heard of all of {', '.join(names)}") from None


async def _known_names(lab: Stack) -> set[str]:
    return {one["name"] for one in await lab.call(UTM, "endpoint_list")}


async def _apply_location(
    lab: Stack, wanted: ComputerWanted, applied: Applied, *, dry_run: bool
) -> None:
    here = "roaming"
    if wanted.name in lab.computers:
        here = network_of(lab.computer(wanted.name).host).location
    if not wanted.location or wanted.location == here:
        return
    applied.locations[wanted.name] = wanted.location
    if not dry_run:
        await lab.move(wanted.name, wanted.location)
