"""`utmlab demo`: the whole story, once."""

import asyncio
import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click
import uvloop

from foundation.errors import DomainError
from utmlab.cli.output import emit
from utmlab.cli.session import LabCommand, Session
from utmlab.demo import run_demo
from utmlab.demo.run import DEFAULT_DATA, POLL_S

if TYPE_CHECKING:
    from utmlab.settings import Mode


class NotALabFolderError(DomainError):
    """The demo empties its folder, and this one holds something else."""

    code: ClassVar[str] = "not_a_lab_folder"
    hint: ClassVar[str] = "Name an empty folder, or one that the demo made."


@click.command(cls=LabCommand)
@click.option(
    "--poll",
    type=click.FloatRange(min=0.05),
    metavar="S",
    default=POLL_S,
    help=f"Poll interval of the computers in seconds (default: {POLL_S:g}; authentic: 20).",
)
@click.option("--processes", is_flag=True, help="Every service is a process of its own.")
@click.pass_obj
def demo(session: Session, poll: float, processes: bool) -> None:
    """Tell the whole story once, on real parts.

    It ends by itself and leaves its data folder to explore: --data, else ./.utmlab-demo. A lab
    that is in the folder is removed first; a folder with anything else is refused. Free ports are
    taken. With --json the story is told on standard error.
    """
    data = session.data or DEFAULT_DATA
    refuse_foreign(data)
    mode: Mode = "processes" if processes else "tasks"
    with _told_beside(session), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_demo(data, mode=mode, poll_s=poll))
    if session.as_json:
        emit(session, {"data": str(data.absolute()), "told": True}, lambda: "")


def refuse_foreign(data: Path) -> None:
    """Refuse a folder that holds anything but a lab.

    Raises:
        NotALabFolderError: If it does.
    """
    if not data.exists() or (data.is_dir() and not any(data.iterdir())):
        return
    try:
        is_lab = json.loads((data / "format.json").read_text())["component"] == "lab"
    except (OSError, ValueError, KeyError, TypeError):
        is_lab = False
    if not is_lab:
        raise NotALabFolderError(f"{data} is not empty and holds no lab")


def _told_beside(session: Session) -> contextlib.AbstractContextManager[object]:
    return contextlib.redirect_stdout(sys.stderr) if session.as_json else contextlib.nullcontext()
