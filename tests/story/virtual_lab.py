"""A whole lab in virtual time, and a book of every request that its endpoints made."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from utmlab.clock import VirtualClock, run_virtual
from utmlab.demo.configuration import CONFIGURATION
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
POLL_S = 20.0


class Wall:
    """A wall clock that runs with the loop until somebody sets it."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._set_by = timedelta(0)

    def now(self) -> datetime:
        """What it shows."""
        return self._clock.now() + self._set_by

    def jump(self, by: timedelta) -> None:
        """Set it forward or back; the loop notices nothing."""
        self._set_by += by


class Book:
    """Every exchange of a LiveConnect's MCS listener, however long the test."""

    def __init__(self) -> None:
        self.exchanges = []

    def keep_for(self, lab: Stack) -> None:
        """Write down what the LiveConnect that runs now is asked."""
        lab.houses["liveconnect"].service.journal.record = self.exchanges.append

    def times(self, endpoint_id: str, method: str, part: str) -> list[datetime]:
        """When an endpoint asked for something."""
        return [
            one.at
            for one in self.exchanges
            if one.method == method and part in one.path and endpoint_id in one.path
        ]

    def polls(self, endpoint_id: str) -> list[datetime]:
        """When an endpoint polled for commands."""
        return self.times(endpoint_id, "GET", "/commands/applications/")


def run_lab(
    folder: Path,
    story: Callable[[Stack, Wall, Book], Coroutine[Any, Any, Any]],
    *,
    start: datetime = START,
    **settings: Any,
) -> Any:
    """Run a story in a lab whose clock jumps; Endpoint Protection is on, configured as the demo."""

    async def main(clock: VirtualClock) -> Any:
        book, wall = Book(), Wall(clock)
        lab = Stack(
            Places(folder, folder / "logs"),
            LabSettings(ports=Ports(), **settings),
            now=wall.now,
            rng=random.Random(1),
        )
        async with lab:
            book.keep_for(lab)
            await lab.call("utm", "enable")
            await lab.call("utm", "edit", operations=CONFIGURATION, summary="web control")
            # Otherwise an endpoint could enrol before LiveConnect knows what to assign to it.
            while (await lab.call("utm", "status"))["waiting"]:  # noqa: ASYNC110
                await asyncio.sleep(0)  # at one instant of virtual time
            return await story(lab, wall, book)

    return run_virtual(main, start=start)


async def ids(lab: Stack) -> dict[str, str]:
    """Computer name to endpoint id."""
    return {one["name"]: one["id"] for one in await lab.call("utm", "endpoint_list")}


async def block(lab: Stack, host: str) -> int:
    """Block a site for the group Default; return the changeset's number."""
    done = await lab.call("utm", "policy_block", host=host, group="Default")
    number: int = done["changeset"]
    return number


def seconds(later: datetime, earlier: datetime) -> float:
    """The exact seconds between two moments."""
    return (later - earlier) / timedelta(seconds=1)
