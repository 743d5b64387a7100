"""One endpoint's way as a waterfall: a row per hop, a bar from the hop before to this one."""

from collections.abc import Iterable
from typing import Final

from utm.drawing.axis import Scale, clock_words, seconds_words
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
from utm.drawing.hops import HOPS, PHASE_OF, Lane, Timeline
from utm.drawing.svg import Element, Palette, circle, fitted, group, line, picture, rect, text

ROW: Final = 34.0
BAR: Final = 14.0
_LEFT: Final = 210.0
_RIGHT: Final = WIDTH - 276
_AT, _SINCE, _STEP = WIDTH - 178, WIDTH - 92, WIDTH - EDGE
SHORT: Final = {
    "edited": "on the UTM",
    "4233": "the UTM sends it",
    "broker": "LiveConnect has it",
    "polled": "poll or push carries the command",
    "fetched": "the policy is fetched",
    "applied": "it is in force",
    "reported": "LiveConnect has the status",
    "4211": "the UTM receives it",
    "4212": "the UTM acknowledges it",
}


def draw_waterfall(timeline: Timeline, lane: Lane, *, palette: Palette | None = None) -> str:
    """Return the picture of one endpoint's way.

    Args:
        timeline: Of the changeset.
        lane: The endpoint.
        palette: As for `utm.drawing.svg.picture`.
    """
    own = Timeline(
        title=timeline.title,
        edited_at=timeline.edited_at,
        committed_at=lane.hops.get("broker", timeline.committed_at),
        now=timeline.now if lane.state != "ok" else None,
        poll_s=timeline.poll_s,
        zone=timeline.zone,
        lanes=(lane,),
    )
    scale = Scale(horizon_s(own), _LEFT, _RIGHT)
    bottom = TOP + ROW * len(HOPS)
    height = bottom + LEGEND_HEIGHT
    children = (
        *headings(own, fitted(lane.name, 400)),
        *poll_interval(own, scale, bottom),
        *axis(scale, bottom),
        *_columns(),
        *_rows(own, lane, scale),
        *legend(height - 14),
    )
    return picture(WIDTH, height, children, label=_label(own, lane), palette=palette)


def _columns() -> Iterable[Element]:
    for x, words in ((_AT, "time of day"), (_SINCE, "since the edit"), (_STEP, "this step")):
        yield text(x, TOP - 8, words, "p-muted p-small", "end")


def _rows(timeline: Timeline, lane: Lane, scale: Scale) -> Iterable[Element]:
    offsets = lane.offsets()
    began = {hop: before for hop, before, _ in lane.steps()}
    awaited = next((hop for hop in HOPS if hop not in offsets), None)
    for index, hop in enumerate(HOPS):
        y = TOP + ROW * index
        base = y + ROW / 2 + 4
        yield line(EDGE, y + ROW, WIDTH - EDGE, y + ROW, "p-grid")
        yield text(EDGE, base - 5, hop, "p-strong")
        yield text(EDGE, base + 8, SHORT[hop], "p-muted p-small")
        if hop in offsets:
            at = offsets[hop]
            yield _bar(hop, began.get(hop, at), at, y, scale)
            moment = clock_words(lane.hops[hop].astimezone(timeline.zone))
            yield text(_AT, base, moment, "p-text", "end")
            yield text(_SINCE, base, seconds_words(at), "p-text", "end")
            yield text(_STEP, base, f"+{seconds_words(at - began.get(hop, at))}", "p-text", "end")
        elif hop == awaited:
            yield from _open_bar(timeline, lane, y, scale)


def _bar(hop: str, before: float, at: float, y: float, scale: Scale) -> Element:
    low, high = sorted((scale.place(before), scale.place(at)))
    top = y + (ROW - BAR) / 2
    parts = [rect(low, top, high - low, BAR, f"p-{PHASE_OF.get(hop, 'send')}")]
    x = scale.place(at)
    if not scale.holds(at):
        parts.append(text(x - 4, y + ROW / 2 + 4, "▸", "p-strong", "end"))
    elif hop == "applied":
        parts.append(circle(x, y + ROW / 2, 5.5, "p-done"))
    else:
        parts.append(line(x, top - 3, x, top + BAR + 3, "p-hop"))
    return group(parts, title=f"{hop}: {seconds_words(at)} since the edit")


def _open_bar(timeline: Timeline, lane: Lane, y: float, scale: Scale) -> Iterable[Element]:
    """Yield the bar of what is waited for, up to the present."""
    last = max(lane.offsets().values(), default=0.0)
    low = scale.place(last)
    if timeline.now is not None:
        high = scale.place(timeline.since_edit(timeline.now))
        yield rect(low, y + (ROW - BAR) / 2, high - low, BAR, "p-open")
    kind = f"p-{lane.state}" if lane.state in ("error", "warning") else "p-muted"
    words = fitted(lane.note or "not yet", WIDTH - EDGE - _RIGHT - 20)
    yield text(_STEP, y + ROW / 2 + 4, words, kind, "end")


def _label(timeline: Timeline, lane: Lane) -> str:
    told = ", ".join(f"{hop} {seconds_words(at)}" for hop, at in lane.offsets().items())
    return f"{timeline.title}, {lane.name}: {told}"
