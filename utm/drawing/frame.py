"""What the pictures of a changeset share: the axis, the poll interval, the legend."""

from collections.abc import Iterable, Sequence
from typing import Final

from utm.drawing.axis import Scale, clock_words, seconds_words, tick_words
from utm.drawing.hops import PHASE_WORDS, Timeline
from utm.drawing.svg import Element, circle, fitted, line, rect, text

WIDTH: Final = 1000.0
EDGE: Final = 16.0
TITLE_Y: Final = 26.0
SUBTITLE_Y: Final = 46.0
TOP: Final = 104.0
"""Where the rows begin: above are title, poll interval and ticks."""
LEGEND_HEIGHT: Final = 40.0
MOST_POLLS: Final = 3
"""How much of the time the axis shows at most, in poll intervals; what is beyond is an arrow."""
SHORT_OF_A_POLL: Final = 5.0
"""How many times the time that was needed the axis shows of a poll interval, when all is done."""
SHORTEST_S: Final = 0.01
_LEGEND_STEP: Final = 165.0


def horizon_s(timeline: Timeline) -> float:
    """Return up to which second the axis goes.

    It holds one poll interval, unless everything happened at its very beginning, and no more than
    a few of them.
    """
    begins = timeline.poll_begins_s or 0.0
    happened = [at for lane in timeline.lanes for at in lane.offsets().values()]
    last = max(happened, default=0.0)
    whole = begins + timeline.poll_s
    if timeline.now is not None:
        last = max(last, timeline.since_edit(timeline.now))
    elif last > 0:
        whole = min(whole, SHORT_OF_A_POLL * last)
    return 1.04 * min(max(whole, last, SHORTEST_S), begins + MOST_POLLS * timeline.poll_s)


def headings(timeline: Timeline, words: str) -> Iterable[Element]:
    """Yield the title and the moment of the edit."""
    at = timeline.edited_at.astimezone(timeline.zone)
    moment = f"edited {at:%Y-%m-%d} {clock_words(at)} {at:%Z}"
    yield text(EDGE, TITLE_Y, timeline.title, "p-title")
    yield text(EDGE, SUBTITLE_Y, f"{moment} · {words}", "p-muted")


def axis(scale: Scale, bottom: float) -> Iterable[Element]:
    """Yield the ticks and their lines down to the bottom."""
    for seconds in scale.ticks:
        x = scale.place(seconds)
        yield line(x, TOP, x, bottom, "p-grid")
        yield text(x, TOP - 8, tick_words(seconds), "p-muted p-small", "middle")
    yield line(scale.left, TOP, scale.right, TOP, "p-edge")


def poll_interval(timeline: Timeline, scale: Scale, bottom: float) -> Iterable[Element]:
    """Yield the interval in which each endpoint polls once: where in it is its phase."""
    begins = timeline.poll_begins_s
    if begins is None:
        return
    ends = begins + timeline.poll_s
    left, right = scale.place(begins), scale.place(ends)
    yield rect(left, TOP - 46, right - left, 20, "p-poll-head")
    yield rect(left, TOP, right - left, bottom - TOP, "p-poll")
    yield line(left, TOP, left, bottom, "p-poll-edge")
    if scale.holds(ends):
        yield line(right, TOP, right, bottom, "p-poll-edge")
    middle, words = (
        (left + right) / 2,
        poll_words(timeline.poll_s, right - left, is_whole=scale.holds(ends)),
    )
    yield text(middle, TOP - 32, words, "p-warning p-small", "middle")


def poll_words(poll_s: float, width: float, *, is_whole: bool) -> str:
    """Return what to say of the poll interval in a width, or of the part that is shown."""
    told = f"{poll_s:g} s" if poll_s < 60 else seconds_words(poll_s)
    if not is_whole:
        return fitted(f"the poll interval goes on to {told}", width, 11)
    most = (
        f"one poll interval, {told}: the wait is the phase of the poll",
        f"poll interval, {told}",
        told,
    )
    return next((words for words in most if fitted(words, width, 11) == words), "")


def legend(y: float, *, more: Sequence[Element] = ()) -> Iterable[Element]:
    """Yield what the colours mean."""
    for index, (phase, words) in enumerate(PHASE_WORDS.items()):
        x = EDGE + index * _LEGEND_STEP
        yield rect(x, y - 9, 18, 10, f"p-{phase}", rx=2)
        yield text(x + 25, y, words, "p-muted p-small")
    x = EDGE + len(PHASE_WORDS) * _LEGEND_STEP
    yield circle(x + 6, y - 4, 4.5, "p-done")
    yield text(x + 17, y, "enforces it", "p-muted p-small")
    yield from more
