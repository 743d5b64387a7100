"""A changeset over all endpoints: above, each hop's spread; below, a lane per endpoint.

Both share one axis of time, so that one sees at which phase of the poll each endpoint stands.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from utm.drawing.axis import Scale, seconds_words
from utm.drawing.frame import (
    EDGE,
    LEGEND_HEIGHT,
    TOP,
    WIDTH,
    axis,
    headings,
    horizon_s,
    legend,
    poll_interval,
)
from utm.drawing.hops import HOPS, PHASE_OF, Lane, Stats, Timeline, hop_statistics
from utm.drawing.svg import (
    Element,
    Palette,
    circle,
    fitted,
    group,
    line,
    path,
    picture,
    rect,
    text,
)

MOST_LANES: Final = 40
BAND: Final = 24.0
LANE: Final = 20.0
GAP: Final = 40.0
_BOX: Final = 10.0
_LEFT: Final = 170.0
RIGHT: Final = WIDTH - 180
"""Where time ends; what is said of a computer stands right of it."""
_LOW_COLUMN, _HIGH_COLUMN = WIDTH - 92, WIDTH - EDGE
_NOTE: Final = _HIGH_COLUMN - RIGHT - 12


def draw_overview(timeline: Timeline, *, palette: Palette | None = None) -> str:
    """Return the picture of a changeset.

    Args:
        timeline: Its lanes are those of the endpoints that it concerns.
        palette: As for `utm.drawing.svg.picture`.
    """
    scale = Scale(horizon_s(timeline), _LEFT, RIGHT)
    lanes = shown_lanes(timeline.lanes)
    lanes_top = TOP + BAND * len(HOPS) + GAP
    bottom = lanes_top + LANE * len(lanes)
    height = bottom + LEGEND_HEIGHT + 32
    children = (
        *headings(timeline, _count(timeline.lanes)),
        *poll_interval(timeline, scale, bottom),
        *axis(scale, bottom),
        *_bands(hop_statistics(timeline.lanes), scale),
        *_lanes_heading(timeline, lanes, lanes_top),
        *(
            one
            for index, lane in enumerate(lanes)
            for one in _lane(timeline, lane, lanes_top + LANE * index, scale)
        ),
        *_present(timeline, scale, bottom),
        *legend(height - 34),
        *_band_legend(height - 14),
    )
    label = f"{timeline.title}: {_count(timeline.lanes)}"
    return picture(WIDTH, height, children, label=label, palette=palette)


def shown_lanes(lanes: Sequence[Lane]) -> list[Lane]:
    """Return the lanes in the order in which they enforce it; of too many the last ones."""

    def key(lane: Lane) -> tuple[bool, float, str]:
        offsets = lane.offsets()
        return ("applied" not in offsets, offsets.get("applied", 0.0), lane.name.casefold())

    return sorted(lanes, key=key)[-MOST_LANES:]


def _count(lanes: Sequence[Lane]) -> str:
    done = sum(lane.state == "ok" for lane in lanes)
    word = "computer" if len(lanes) == 1 else "computers"
    verb = "enforces" if done == 1 else "enforce"
    return f"{done:,} of {len(lanes):,} {word} {verb} it"


def _bands(stats: dict[str, Stats], scale: Scale) -> Iterable[Element]:
    for x, words in ((_LOW_COLUMN, "p50"), (_HIGH_COLUMN, "last")):
        yield text(x, TOP - 8, words, "p-muted p-small", "end")
    for index, hop in enumerate(HOPS):
        y = TOP + BAND * index
        base = y + BAND / 2 + 4
        yield line(EDGE, y + BAND, WIDTH - EDGE, y + BAND, "p-grid")
        yield text(EDGE, base, hop, "p-strong")
        found = stats.get(hop)
        if found is None:
            yield text(_HIGH_COLUMN, base, "not yet", "p-muted", "end")
            continue
        yield _band(hop, found, y, scale)
        yield text(_LOW_COLUMN, base, seconds_words(found.p50), "p-text", "end")
        yield text(_HIGH_COLUMN, base, seconds_words(found.last), "p-text", "end")


def _band(hop: str, stats: Stats, y: float, scale: Scale) -> Element:
    first, p50, p95, p99, last, mean = (
        scale.place(one)
        for one in (stats.first, stats.p50, stats.p95, stats.p99, stats.last, stats.mean)
    )
    middle, top = y + BAND / 2, y + (BAND - _BOX) / 2
    parts = (
        line(first, middle, last, middle, "p-range"),
        line(last, middle - 4, last, middle + 4, "p-range"),
        rect(first, top, p95 - first, _BOX, "p-box"),
        line(p99, middle - 5, p99, middle + 5, "p-range"),
        line(p50, top - 2, p50, top + _BOX + 2, "p-median"),
        _diamond(mean, middle),
    )
    names = ("first", "mean", "p50", "p95", "p99", "last")
    told = ", ".join(f"{name} {seconds_words(getattr(stats, name))}" for name in names)
    return group(parts, title=f"{hop}, {stats.count} computers: {told}")


def _diamond(x: float, y: float) -> Element:
    return path(f"M{x:.2f} {y - 4:.2f}l4 4l-4 4l-4 -4z", "p-mean")


def _lanes_heading(timeline: Timeline, lanes: Sequence[Lane], top: float) -> Iterable[Element]:
    left_out = len(timeline.lanes) - len(lanes)
    words = (
        f"The last {len(lanes)} of {len(timeline.lanes):,} computers" if left_out else "Computers"
    )
    yield text(EDGE, top - 8, words, "p-strong")
    yield text(_HIGH_COLUMN, top - 8, "enforced after", "p-muted p-small", "end")
    yield line(EDGE, top, WIDTH - EDGE, top, "p-edge")


def _lane(timeline: Timeline, lane: Lane, y: float, scale: Scale) -> Iterable[Element]:
    base, middle = y + LANE / 2 + 4, y + LANE / 2
    yield text(EDGE, base, fitted(lane.name, _LEFT - EDGE - 10), "p-text")
    offsets = lane.offsets()
    parts = []
    for hop, before, at in lane.steps():
        low, high = sorted((scale.place(before), scale.place(at)))
        parts.append(rect(low, middle - 4, high - low, 8, f"p-{PHASE_OF[hop]}"))
    if "applied" in offsets:
        parts.append(_end(offsets["applied"], middle, scale))
        yield text(_HIGH_COLUMN, base, seconds_words(offsets["applied"]), "p-text", "end")
    else:
        parts += _waiting(timeline, lane, middle, scale)
        kind = f"p-{lane.state}" if lane.state in ("error", "warning") else "p-muted"
        yield text(_HIGH_COLUMN, base, fitted(lane.note, _NOTE), kind, "end")
    told = ", ".join(f"{hop} {seconds_words(at)}" for hop, at in offsets.items())
    yield group(parts, title=f"{lane.name}: {told}{'; ' + lane.note if lane.note else ''}")


def _end(at: float, y: float, scale: Scale) -> Element:
    if scale.holds(at):
        return circle(scale.place(at), y, 4.5, "p-done")
    return path(f"M{scale.right:.2f} {y - 5:.2f}l7 5l-7 5z", "p-strong")


def _waiting(timeline: Timeline, lane: Lane, y: float, scale: Scale) -> Iterable[Element]:
    low = scale.place(max(lane.offsets().values(), default=0.0))
    now = timeline.since_edit(timeline.now) if timeline.now is not None else 0.0
    high = max(scale.place(now), low)
    yield rect(low, y - 4, high - low, 8, "p-open")
    if lane.state == "error":
        yield path(f"M{high - 5:.2f} {y - 5:.2f}l10 10m0 -10l-10 10", "p-wrong")
    elif not scale.holds(now):
        yield path(f"M{scale.right:.2f} {y - 5:.2f}l7 5l-7 5z", "p-warning")


def _present(timeline: Timeline, scale: Scale, bottom: float) -> Iterable[Element]:
    if timeline.now is None or not scale.holds(timeline.since_edit(timeline.now)):
        return
    x = scale.place(timeline.since_edit(timeline.now))
    yield line(x, TOP, x, bottom, "p-now")
    yield text(x, bottom + 13, "now", "p-error p-small", "middle")


def _band_legend(y: float) -> Iterable[Element]:
    yield rect(EDGE, y - 9, 18, 10, "p-box")
    yield text(EDGE + 25, y, "first to p95", "p-muted p-small")
    x = EDGE + 165
    yield line(x + 9, y - 10, x + 9, y + 2, "p-median")
    yield text(x + 25, y, "p50", "p-muted p-small")
    x += 165
    yield _diamond(x + 9, y - 4)
    yield text(x + 25, y, "mean", "p-muted p-small")
    x += 165
    yield line(x, y - 4, x + 18, y - 4, "p-range")
    yield line(x + 9, y - 9, x + 9, y + 1, "p-range")
    yield line(x + 18, y - 8, x + 18, y, "p-range")
    yield text(x + 25, y, "p99 and last", "p-muted p-small")
