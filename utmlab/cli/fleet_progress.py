"""A fleet's progress on a terminal: enrolled, connected, rates and percentiles.

- Standard error; on no terminal a sentence every ten seconds.

Provenance: ours.
"""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from utmlab.cli.output import say
from utmlab.fleet.running import Moment
from utmlab.fleet.summary import rate

EVERY_S = 10.0


class FleetProgress:
    """Shows how a fleet is.

    Args:
        agents: How many are wanted.
        duration_s: How long it runs; None for until it is stopped.
    """

    def __init__(self, agents: int, duration_s: float | None) -> None:
        self._agents = agents
        self._is_terminal = sys.stderr.isatty()
        self._said_s = 0.0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not self._is_terminal,
        )
        self._enrolled = self._progress.add_task("Agents", total=agents, told="")
        self._duration_s = duration_s

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, moment: Moment) -> None:
        """Show how it is now."""
        told = _told(moment)
        enrolled = moment.tally.states["enrolled"]
        self._progress.update(self._enrolled, completed=enrolled, told=told)
        if not self._is_terminal and moment.elapsed_s - self._said_s >= EVERY_S:
            self._said_s = moment.elapsed_s
            ends = f"/{self._duration_s:.0f}" if self._duration_s else ""
            say(f"{moment.elapsed_s:.0f}{ends} s: {enrolled:,} of {self._agents:,} agents; {told}")


def _told(moment: Moment) -> str:
    tally = moment.tally
    words = (
        f"{tally.states['connected']:,} connected, {rate(tally):,.0f}/s, "
        f"p50 {tally.percentile_s(0.5) * 1e3:.1f} ms, p99 {tally.percentile_s(0.99) * 1e3:.1f} ms"
    )
    if tally.states["listening"]:
        words += f", {tally.states['listening']:,} on push"
    return f"{words}, {tally.failures:,} failed" if tally.failures else words
