"""The timeline of a changeset as a picture that stands alone: the one that WebAdmin draws."""

from datetime import UTC

from utm.drawing.hops import Lane, Timeline
from utm.drawing.overview import draw_overview
from utm.drawing.svg import PRINTED
from utm.drawing.waterfall import draw_waterfall
from utmlab.errors import NothingToDrawError
from utmlab.trace import ChangesetTrace, EndpointTrace

AUTHENTIC_POLL_S = 20.0


def trace_picture(trace: ChangesetTrace, poll_s: float | None) -> str:
    """Return a timeline as SVG; times of day are UTC.

    Args:
        trace: The changeset.
        poll_s: The poll interval; None for the authentic one.

    Raises:
        NothingToDrawError: If it concerned no endpoint.
    """
    lanes = [_lane(one) for one in trace.endpoints if one.concerned and "edited" in one.hops]
    if not lanes:
        raise NothingToDrawError(f"changeset {trace.number} concerned no endpoint")
    timeline = Timeline(
        title=f"Changeset {trace.number}: {trace.summary}",
        edited_at=lanes[0].hops["edited"],
        committed_at=min(
            (one.hops["broker"] for one in lanes if "broker" in one.hops), default=None
        ),
        now=None,
        poll_s=poll_s or AUTHENTIC_POLL_S,
        zone=UTC,
        lanes=lanes,
    )
    if len(lanes) == 1:
        return draw_waterfall(timeline, lanes[0], palette=PRINTED)
    return draw_overview(timeline, palette=PRINTED)


def _lane(one: EndpointTrace) -> Lane:
    if "applied" in one.hops:
        return Lane(name=one.name, hops=one.hops)
    return Lane(name=one.name, hops=one.hops, state="info", note=f"waits for {one.waits_for}")
