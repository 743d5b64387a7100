"""The timeline of a changeset as text.

Provenance: ours.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from utmlab.cli.output import table
from utmlab.journal import printable
from utmlab.trace import MEANING, ChangesetTrace, EndpointTrace

_WAITED_FOR = {"push": "push"}


def timeline_text(trace: ChangesetTrace) -> str:
    """Return the timeline."""
    head = f"changeset {trace.number} (epoch {trace.epoch}): {trace.summary}, by {trace.user}"
    if trace.superseded_by is not None:
        head += f"; superseded by changeset {trace.superseded_by}"
    blocks = [printable(head)]
    blocks += [_endpoint(one) for one in trace.endpoints if one.concerned]
    others = [one.name for one in trace.endpoints if not one.concerned]
    if others:
        blocks.append(f"not concerned: {printable(', '.join(others))}")
    return "\n\n".join(blocks)


def _endpoint(one: EndpointTrace) -> str:
    rows = [
        (hop, f"{at:%H:%M:%S.%f}"[:-3], f"{seconds * 1000:+.1f} ms", MEANING[hop])
        for hop, at, seconds in one.steps()
    ]
    shown = table((one.name, "UTC", "AFTER", "WHAT HAPPENED"), rows)
    return "\n".join([shown, *_sums(one)])


def _sums(one: EndpointTrace) -> Iterable[str]:
    total, waited = one.total_s, one.waited_for_poll_s
    if total is not None and waited is not None:
        share = f" ({waited / total:.0%})" if total else ""
        yield (
            f"edited to applied: {total * 1000:.1f} ms, of which {waited * 1000:.1f} ms{share} "
            f"waiting for {_WAITED_FOR.get(one.delivered_by, 'the poll')}"
        )
    if one.waits_for is not None:
        yield f"waits for: {one.waits_for} ({MEANING[one.waits_for]})"


def span(trace: ChangesetTrace) -> tuple[datetime, datetime] | None:
    """Return when the first and the last hop of a changeset happened, None before the first."""
    times = [at for one in trace.endpoints for at in one.hops.values()]
    return (min(times), max(times)) if times else None


def client_stamp(line: str) -> datetime | None:
    """Return the time of a line of MCSClient.log or MCSAgent.log, None if it has none."""
    try:
        return datetime.fromisoformat(line[:24]).astimezone(UTC)
    except ValueError:
        return None
