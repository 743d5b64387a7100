"""`utmlab log operations`: what the lab and its houses did and refused, apart from emulated logs.

- Reads files, so it works with nothing running; older files come first.

Provenance: ours.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from foundation.operations_log import Operation, read_operations
from utmlab.cli.output import emit, table
from utmlab.cli.session import LabCommand, Session
from utmlab.errors import NothingStoredError
from utmlab.places import Places

SOURCES = ("lab", "liveconnect", "utm")


@click.command(cls=LabCommand)
@click.option("--of", "wanted", type=click.Choice(SOURCES), help="Only of this one.")
@click.option("--event", default="", metavar="NAME", help="Only this event, as refused.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="Only from this time on, UTC.",
)
@click.option("-n", "count", type=click.IntRange(min=1), help="Only the last ones.")
@click.pass_obj
def operations(
    session: Session, *, wanted: str | None, event: str, since: datetime | None, count: int | None
) -> None:
    """Show what the lab, LiveConnect and the UTM did and refused.

    These are the programs' own logs (lab.log, liveconnect.log, utm.log in the data folder), not
    those that are emulated: starts, edits, changesets, enrolments, refusals with their reason
    codes, failures.
    """
    found = [
        (source, one)
        for source, one in _all(session.places, (wanted,) if wanted else SOURCES)
        if (not event or one.event == event) and (since is None or _is_after(one, since))
    ]
    chosen = found[-count:] if count else found
    emit(session, {"operations": [_record(*one) for one in chosen]}, lambda: _text(chosen))


def _all(places: Places, sources: tuple[str, ...]) -> list[tuple[str, Operation]]:
    """Return the events of several logs in the order of time; what has none stays where it is.

    Raises:
        NothingStoredError: If the data folder holds no lab.
    """
    if not places.data.is_dir():
        raise NothingStoredError(f"{places.data} holds no lab")
    files = places.operations_logs
    timed = [one for source in sources for one in _timed(source, read_operations(files[source]))]
    timed.sort(key=lambda one: one[0])
    return [(source, operation) for _, source, operation in timed]


def _timed(source: str, found: Iterator[Operation]) -> Iterator[tuple[datetime, str, Operation]]:
    last = datetime.min.replace(tzinfo=UTC)
    for one in found:
        last = one.at or last
        yield last, source, one


def _is_after(one: Operation, since: datetime) -> bool:
    return one.at is not None and one.at >= since.replace(tzinfo=UTC)


def _record(source: str, one: Operation) -> dict[str, object]:
    at = one.at.isoformat() if one.at else None
    return {"at": at, "of": source, "event": one.event, "fields": dict(one.fields)}


def _text(found: list[tuple[str, Operation]]) -> str:
    rows = [
        (
            f"{one.at:%Y-%m-%d %H:%M:%S}" if one.at else "-",
            source,
            one.event,
            "  ".join(f"{key}={value}" for key, value in one.fields.items()),
        )
        for source, one in found
    ]
    return table(("TIME (UTC)", "OF", "EVENT", "WHAT"), rows)
