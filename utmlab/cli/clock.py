"""`utmlab clock`: the time of a lab that was started with `--clock virtual`."""

import asyncio
import sys
from datetime import datetime
from typing import Any, Final

import click

from foundation.net.control import ControlClient
from utmlab.cli.asking import ask
from utmlab.cli.output import emit, facts
from utmlab.cli.session import LabGroup, Session
from utmlab.spans import seconds_of, span_text

LOOK_EVERY_S: Final = 1.0
PATIENCE_S: Final = 7 * 86_400.0
"""Years of a large lab take real hours; Ctrl-C ends the waiting, not the advance."""


@click.group(cls=LabGroup)
def clock() -> None:
    """Show and advance the lab's time."""


@clock.command()
@click.pass_obj
def show(session: Session) -> None:
    """Show which clock the lab lives by, and its present."""
    state = ask(session, "clock_show")
    emit(session, state, lambda: facts([("clock", state["kind"]), ("now", state["now"])]))


@clock.command()
@click.argument("span", metavar="SPAN")
@click.pass_obj
def advance(session: Session, span: str) -> None:
    """Let a span of virtual time pass, such as 90s, 15m, 7d or 1d12h; units are s m h d w.

    Everything that is due in it happens, in order: polls, rotation, expiry. Returns when it has
    happened. The lab must have been started with `utmlab up --clock virtual`.
    """
    seconds = seconds_of(span)
    before = ask(session, "clock_show")
    after = asyncio.run(_advance(session, seconds, datetime.fromisoformat(before["now"])))
    passed = datetime.fromisoformat(after["now"]) - datetime.fromisoformat(before["now"])
    document = {**after, "advanced_s": seconds}
    emit(session, document, lambda: f"{after['now']}  ({span_text(passed.total_seconds())} on)")


async def _advance(session: Session, seconds: float, began: datetime) -> dict[str, Any]:
    client = ControlClient(session.places.data, timeout_s=PATIENCE_S)
    work = asyncio.ensure_future(client.call("clock_advance", seconds=seconds))
    # A bar only for a person who looks: without a terminal click draws none.
    with click.progressbar(range(round(seconds)), label="virtual time", file=sys.stderr) as bar:
        while not (await asyncio.wait({work}, timeout=LOOK_EVERY_S))[0]:
            now = datetime.fromisoformat((await client.call("clock_show"))["now"])
            bar.update(min(round((now - began).total_seconds()), round(seconds)) - bar.pos)
        done: dict[str, Any] = await work
        bar.update(round(seconds) - bar.pos)
    return done
