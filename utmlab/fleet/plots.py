"""The plots of a fleet's report: a histogram, curves over time, and bars by name. Pure.

They are made of the elements that WebAdmin's pictures are made of; a page gives the classes their
colours.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from utm.drawing.axis import Scale, tick_words
from utm.drawing.svg import PRINTED, Element, fitted, group, line, path, picture, rect, text

WIDTH: Final = 640.0
HEIGHT: Final = 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, WIDTH - 12, 16.0, HEIGHT - 36
_ROW: Final = 26.0
PERCENT: Final = 100.0
_INKS: Final = ("#1f6fb2", "#c2571a", "#2a8a57")
COST_PALETTE: Final = {
    **PRINTED,
    **{
        kind: {"fill": "none", "stroke": ink, "stroke-width": "2"}
        for kind, ink in zip(("f-1", "f-2", "f-3"), _INKS, strict=True)
    },
}
"""For a plot that stands alone."""
_QUARTERS: Final = (0.0, 25.0, 50.0, 75.0, 100.0)
LINES: Final = ("f-1", "f-2", "f-3", "f-4", "f-5", "f-6")
"""The classes of curves, in the order of their names."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of a plot: its name and its points, by ascending x."""

    name: str
    points: Sequence[tuple[float, float]]


def draw_histogram(edges: Sequence[tuple[float, int]], marks: Sequence[float]) -> str:
    """Return how many answers took how long, on a logarithmic axis.

    Args:
        edges: The upper edge of each bucket in seconds, and its count; ascending.
        marks: At most five percentiles, in seconds; each a line of its own colour.
    """
    first, last = math.log10(edges[0][0] / 1.1), math.log10(max(edges[-1][0], edges[0][0] * 2))
    across = Scale(last - first, _LEFT, _RIGHT)
    up = _Height(max(count for _, count in edges))
    children = [*_grid(up)]
    for edge, count in edges:
        right, left = across.place(math.log10(edge) - first), math.log10(edge / 1.1) - first
        x, y = across.place(left), up.place(count)
        bar = rect(x, y, max(right - x - 0.6, 0.6), _BOTTOM - y, "f-bar")
        children.append(group([bar], title=f"up to {seconds_words(edge)}: {count:,}"))
    for power in range(math.ceil(first), math.floor(last) + 1):
        x = across.place(power - first)
        children.append(line(x, _BOTTOM, x, _BOTTOM + 4, "p-edge"))
        children.append(
            text(x, _BOTTOM + 18, seconds_words(10.0**power), "p-muted p-small", "middle")
        )
    for kind, seconds in zip(LINES[1:], marks, strict=False):
        x = across.place(min(max(math.log10(seconds) - first, 0.0), last - first))
        children.append(line(x, _TOP - 4, x, _BOTTOM, f"f-mark {kind}"))
    return picture(WIDTH, HEIGHT, children, label="How long answers took")


def draw_curves(
    curves: Sequence[Curve], *, label: str, until: float, top: float = 0.0, unit: str = "s"
) -> str:
    """Return curves over time.

    Args:
        curves: At most six.
        label: What the plot is, for those who do not see it.
        until: Where the axis of time ends.
        top: Where the other axis ends; 0 takes the highest point.
        unit: What the axis of time counts.
    """
    across = Scale(max(until, 1e-3), _LEFT, _RIGHT)
    up = _Height(top or max((y for one in curves for _, y in one.points), default=1.0) or 1.0)
    children = [*_grid(up, _QUARTERS if top == PERCENT else None)]
    for seconds in across.ticks:
        x = across.place(seconds)
        words = tick_words(seconds) if unit == "s" else f"{seconds:g}"
        children.append(line(x, _BOTTOM, x, _BOTTOM + 4, "p-edge"))
        children.append(text(x, _BOTTOM + 18, words, "p-muted p-small", "middle"))
    for kind, one in zip(LINES, curves, strict=False):
        places = [f"{across.place(x):.1f} {up.place(y):.1f}" for x, y in one.points]
        if places:
            children.append(group([path("M" + "L".join(places), kind)], title=one.name))
    return picture(WIDTH, HEIGHT, children, label=label)


def draw_reasons(counts: Sequence[tuple[str, int]]) -> str:
    """Return bars below each other, the longest first."""
    most = max(count for _, count in counts)
    left, right = 230.0, WIDTH - 70
    scale = Scale(most, left, right)
    children: list[Element] = []
    for index, (name, count) in enumerate(counts):
        y = _ROW * index
        children.append(text(0, y + 17, fitted(name, left - 12), "p-text"))
        children.append(rect(left, y + 6, scale.place(count) - left, 14, "f-error"))
        children.append(text(WIDTH - 4, y + 17, f"{count:,}", "p-strong", "end"))
    return picture(WIDTH, _ROW * len(counts), children, label="Failures by reason")


def seconds_words(seconds: float) -> str:
    """Return a duration in few signs: 350 us, 4.2 ms, 1.5 s."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


@dataclass(frozen=True, slots=True)
class _Height:
    """Values 0 to `top` lie between the bottom and the top of a plot."""

    top: float

    def place(self, value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * min(value / self.top, 1.0)


def _grid(up: _Height, ticks: Sequence[float] | None = None) -> Iterable[Element]:
    for value in ticks or Scale(up.top, 0, 1).ticks:
        y = up.place(value)
        yield line(_LEFT, y, _RIGHT, y, "p-grid" if value else "p-edge")
        yield text(_LEFT - 6, y + 4, f"{value:,.4g}", "p-muted p-small", "end")


def cost_elements(
    rows: Sequence[tuple[int, float, float, float]],
) -> tuple[float, float, list[Element]]:
    """Return width, height and elements of a plot of what an agent costs.

    Args:
        rows: Agents, CPU microseconds per poll of server and fleet, KiB of the server per agent.
    """
    across = Scale(max(one[0] for one in rows), _LEFT, _RIGHT)
    up = _Height(max(max(one[1:]) for one in rows) * 1.1)
    children = [*_grid(up)]
    for row in rows:
        x = across.place(row[0])
        children.append(line(x, _BOTTOM, x, _BOTTOM + 4, "p-edge"))
        anchor = "middle" if x < _RIGHT - 30 else "end"
        children.append(text(x, _BOTTOM + 18, f"{row[0]:,}", "p-muted p-small", anchor))
    names = ("server, CPU us per poll", "fleet, CPU us per poll", "server, KiB per agent")
    kinds = LINES[:3]
    for index, (name, kind) in enumerate(zip(names, kinds, strict=True), 1):
        points = [f"{across.place(row[0]):.1f} {up.place(row[index]):.1f}" for row in rows]
        children.append(path("M" + "L".join(points), kind))
        x = _LEFT + 190 * (index - 1)
        children.append(line(x, HEIGHT + 4, x + 18, HEIGHT + 4, kind))
        children.append(text(x + 24, HEIGHT + 8, name, "p-text p-small"))
    return WIDTH, HEIGHT + 18, children
