"""Small plots: bars of parts per hour, bars by name, and lines over changesets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from utm.drawing.axis import Scale, seconds_words, tick_words
from utm.drawing.svg import Element, circle, fitted, group, line, path, picture, rect, text

WIDTH: Final = 520.0
HEIGHT: Final = 210.0
_LEFT, _RIGHT, _TOP = 46.0, WIDTH - 8, 14.0
_BOTTOM: Final = HEIGHT - 26
_ROW: Final = 26.0
_FEW: Final = 6
"""How many labels an axis of hours has at most."""
_STEPS: Final = tuple(base * 10**power for power in range(9) for base in (1, 2, 5))
_MOST_TICKS: Final = 5


@dataclass(frozen=True, slots=True)
class Stack:
    """A bar of parts: a label below it, and values in the order of the kinds."""

    label: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A changeset in the latency plot: seconds until half and all enforced it."""

    label: str
    p50: float
    last: float


def count_ticks(most: int) -> tuple[int, ...]:
    """Return round numbers from 0 up to the first that is not below `most`."""
    top = max(most, 1)
    step = next((one for one in _STEPS if top / one <= _MOST_TICKS), top)
    return tuple(range(0, top + step, step))[: -(-top // step) + 1]


def draw_stacks(
    stacks: Sequence[Stack], names: Sequence[str], kinds: Sequence[str], *, label: str
) -> str:
    """Return bars side by side, each of parts.

    Args:
        stacks: In the order of time.
        names: What the parts are.
        kinds: The classes that colour them.
        label: What the plot is, for those who do not see it.
    """
    ticks = count_ticks(max((sum(one.values) for one in stacks), default=0))
    scale = _Height(ticks[-1])
    slot = (_RIGHT - _LEFT) / max(len(stacks), 1)
    every = -(-len(stacks) // _FEW)
    children = [*_grid([(value, f"{value:,}") for value in ticks], scale)]
    for index, one in enumerate(stacks):
        x = _LEFT + index * slot
        parts = _stack(one, kinds, x + slot * 0.12, slot * 0.76, scale)
        children.append(group(parts, title=f"{one.label}: {_told(one, names)}"))
        if index % every == 0:
            middle = x + slot / 2
            children.append(text(middle, HEIGHT - 8, one.label, "p-muted p-small", "middle"))
    return picture(WIDTH, HEIGHT, children, label=label)


def draw_latency(points: Sequence[Point], *, label: str) -> str:
    """Return how long changesets took, oldest first: half of the computers, and the last."""
    most = max((one.last for one in points), default=0.0)
    ticks = Scale(max(most, 0.001) * 1.05, 0, 1).ticks
    scale = _Height(max(most * 1.05, 0.001))
    slot = (_RIGHT - _LEFT) / max(len(points), 1)
    xs = [_LEFT + slot * (index + 0.5) for index in range(len(points))]
    children = [*_grid([(value, tick_words(value)) for value in ticks], scale)]
    for kind, values in (
        ("p-line-2", [one.last for one in points]),
        ("p-line", [one.p50 for one in points]),
    ):
        places = [(x, scale.place(value)) for x, value in zip(xs, values, strict=True)]
        if len(places) > 1:
            children.append(path("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in places), kind))
    for x, one in zip(xs, points, strict=True):
        told = f"{one.label}: p50 {seconds_words(one.p50)}, last {seconds_words(one.last)}"
        dots = (
            circle(x, scale.place(one.last), 3.5, "p-dot-2"),
            circle(x, scale.place(one.p50), 3.5, "p-dot"),
        )
        children.append(group(dots, title=told))
    every = -(-len(points) // _FEW) if points else 1
    children += [
        text(x, HEIGHT - 8, one.label, "p-muted p-small", "middle")
        for x, one in list(zip(xs, points, strict=True))[::every]
    ]
    return picture(WIDTH, HEIGHT, children, label=label)


def draw_bars(
    stacks: Sequence[Stack], names: Sequence[str], kinds: Sequence[str], *, label: str
) -> str:
    """Return bars below each other, each of parts, with its name and its sum."""
    most = max((sum(one.values) for one in stacks), default=0)
    left, right = 190.0, WIDTH - 64
    scale = Scale(max(most, 1), left, right)
    children = []
    for index, one in enumerate(stacks):
        y = _ROW * index
        children.append(text(0, y + 17, fitted(one.label, left - 12), "p-text"))
        done, parts = 0, []
        for value, kind in zip(one.values, kinds, strict=True):
            start, end = scale.place(done), scale.place(done + value)
            parts += [rect(start, y + 6, end - start, 14, kind)] if value else []
            done += value
        children.append(group(parts, title=f"{one.label}: {_told(one, names)}"))
        children.append(text(WIDTH - 4, y + 17, f"{done:,}", "p-strong", "end"))
    return picture(WIDTH, max(_ROW * len(stacks), 1), children, label=label)


@dataclass(frozen=True, slots=True)
class _Height:
    """Values 0 to `top` lie between the bottom and the top of a plot."""

    top: float

    def place(self, value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * value / self.top


def _grid(ticks: Iterable[tuple[float, str]], scale: _Height) -> Iterable[Element]:
    for value, words in ticks:
        y = scale.place(value)
        yield line(_LEFT, y, _RIGHT, y, "p-grid" if value else "p-edge")
        yield text(_LEFT - 6, y + 4, words, "p-muted p-small", "end")


def _stack(
    one: Stack, kinds: Sequence[str], x: float, width: float, scale: _Height
) -> Iterable[Element]:
    done = 0
    for value, kind in zip(one.values, kinds, strict=True):
        top, bottom = scale.place(done + value), scale.place(done)
        if value:
            yield rect(x, top, width, bottom - top, kind)
        done += value


def _told(one: Stack, names: Sequence[str]) -> str:
    return ", ".join(f"{name} {value:,}" for name, value in zip(names, one.values, strict=True))
