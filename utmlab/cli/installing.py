"""Installing the computers that are wanted and not there yet.

- A few at a time: each waits for its first policies, and none of them needs a whole core.
- Not before LiveConnect holds what the UTM has for them: the first poll is to carry it, since the
  next one may be far away.

Provenance: ours.
"""

import asyncio
import contextlib
import sys
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from foundation.errors import DomainError
from utmlab.installation import install_on, is_installed
from utmlab.settings import check_open_files
from utmlab.stack import UTM, Stack

AT_ONCE = 4
PUSHED_WITHIN_S = 30.0
_LOOK_S = 0.02


def _in_silence(_line: str) -> None:
    """Each computer's setup log has its own words."""


async def install_missing(lab: Stack, wanted: int) -> None:
    """Install those of PC-01 to PC-N that are not installed.

    Raises:
        TooManyEndpointsError: If open files do not suffice; nothing is installed then.
        SetupStoppedError: If an installation stops.
    """
    names = [f"PC-{number:02d}" for number in range(1, wanted + 1)]
    missing = [name for name in names if name not in lab.computers or not is_installed(lab, name)]
    if not missing:
        return
    check_open_files(len({*lab.computers, *missing}))
    installer = Path((await lab.call(UTM, "deploy_agent"))["file"])
    await _until_nothing_waits(lab)
    turns = asyncio.Semaphore(AT_ONCE)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        bar = progress.add_task("Installing computers", total=len(missing))

        async def install(name: str) -> None:
            async with turns:
                await install_on(lab, name, installer, narrate=_in_silence)
            progress.advance(bar)

        await _all(install(name) for name in missing)


async def _until_nothing_waits(lab: Stack) -> None:
    """Wait until LiveConnect has taken the newest changeset, or long enough: setup tells more."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PUSHED_WITHIN_S):
            while (await lab.call(UTM, "status"))["waiting"]:  # noqa: ASYNC110 - as of a process
                await asyncio.sleep(_LOOK_S)


async def _all(installations: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run them together; the first failure ends the others and is the one that is told."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in installations:
                group.create_task(one)
    except* DomainError as failures:
        raise failures.exceptions[0] from None
