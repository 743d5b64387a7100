"""Running the demo from an empty data folder to its last screen."""

import shutil
import sys
from pathlib import Path

from rich.console import Console

from foundation.durable.folder import DataFolderInUseError, holder_of
from utmlab.demo import closing, opening
from utmlab.demo.office import office
from utmlab.demo.story import Story
from utmlab.places import Places
from utmlab.settings import LabSettings, Mode, Ports
from utmlab.stack import Stack

DEFAULT_DATA = Path(".utmlab-demo")
POLL_S = 1.0
AUTHENTIC_POLL_S = 20


async def run_demo(
    data: Path | None = None, *, mode: Mode = "tasks", poll_s: float = POLL_S
) -> None:
    """Tell the whole story on a fresh lab; the data folder stays.

    Args:
        data: The folder, emptied first; `./.utmlab-demo` by default.
        mode: Tasks of this process, or processes of their own.
        poll_s: The poll interval.

    Raises:
        DataFolderInUseError: If a lab runs on the folder.
        StoryBrokenError: If anything does not happen as it is told.
    """
    chosen = data or DEFAULT_DATA
    places = Places(chosen.absolute(), chosen.absolute() / "logs")
    if holder_of(places.data) is not None:
        raise DataFolderInUseError(places.data, holder_of(places.data))
    shutil.rmtree(places.data, ignore_errors=True)
    settings = LabSettings(mode=mode, poll_interval_s=poll_s, ports=Ports())
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    console.print("[bold]utmlab[/]: a UTM, LiveConnect and two computers, all real, all local.")
    console.print(
        f"Endpoints poll every {poll_s:g} s here; the real interval is {AUTHENTIC_POLL_S} s."
    )
    async with Stack(places, settings) as lab:
        story = Story(lab, console)
        for chapter in (
            opening.registration,
            opening.configuration,
            opening.installation,
            opening.first_policies,
            closing.browsing,
            closing.reports,
            closing.change,
            closing.cut_link,
            office,
        ):
            await chapter(story)
    _last_screen(console, chosen)


def _last_screen(console: Console, data: Path) -> None:
    console.print(f"\n[bold]Done.[/] Everything is stopped; {data} stays. With nothing running:")
    for command, what in (
        ("trace last", "the timeline of the newest changeset"),
        ("status", "the UTM, LiveConnect and the computers"),
        ("policy test http://games.example/ --endpoint PC-01", "why it is blocked"),
        ('log view "Endpoint Protection"', "epsecd.log"),
        ("doctor", "what waits, and since when"),
    ):
        console.print(f"   .venv/bin/utmlab --data {data} {command:52} [dim]# {what}[/]")
