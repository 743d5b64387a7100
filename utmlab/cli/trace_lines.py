"""The log lines that were written while a changeset went its way.

- Lines are taken by their stamps; epsecd.log counts in whole seconds of the UTM's own zone, so
  lines of a neighbouring changeset may be among them.
- Only today's files are read; older days are archived.

Provenance: ours.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from endpoint.reading import EndpointArchive
from utm.logs.grammar import LineMalformedError, parse_line
from utm.logs.views import log_path
from utmlab.cli.render.timeline import Line, client_stamp, span
from utmlab.places import Places
from utmlab.settings import recall
from utmlab.trace import ChangesetTrace

IDS = frozenset({"4233", "4211", "4212", "4282", "4283", "4288"})
A_MILLISECOND = timedelta(milliseconds=1)


def lines_of(places: Places, trace: ChangesetTrace) -> list[Line]:
    """Return the lines of epsecd.log and of the concerned computers' logs."""
    found = span(trace)
    if found is None:
        return []
    first, last = found
    zone = ZoneInfo(recall(places.settings).get("timezone", "UTC"))
    lines = [("epsecd.log", line) for line in _epsecd(places, first, last, zone)]
    names = set(places.host_names())
    for one in trace.endpoints:
        if one.concerned and one.name in names:
            logs = EndpointArchive(places.host(one.name)).logs
            for path in (logs.client, logs.agent):
                lines += [(f"{one.name}/{path.name}", line) for line in _host(path, first, last)]
    return lines


def _epsecd(places: Places, first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[str]:
    begin = first.astimezone(zone).replace(tzinfo=None, microsecond=0)
    end = last.astimezone(zone).replace(tzinfo=None)
    for line in _read(log_path(places.utm_logs, "epsecd")):
        try:
            parsed = parse_line(line)
        except LineMalformedError:
            continue
        if parsed.get("id") in IDS and begin <= parsed.stamp <= end:
            yield line


def _host(path: Path, first: datetime, last: datetime) -> Iterator[str]:
    for line in _read(path):
        at = client_stamp(line)
        # Stamps are cut to milliseconds.
        if at is not None and first - A_MILLISECOND <= at.astimezone(UTC) <= last:
            yield line


def _read(path: Path) -> Iterator[str]:
    if path.exists():
        with path.open(encoding="utf-8", errors="surrogateescape") as file:
            yield from (line.rstrip("\n") for line in file)
