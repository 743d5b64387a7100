"""Whether a lab lost or doubled anything, judged by its files and databases alone.

- `what_waits` says what is still under way; only a settled lab is judged.
- What waits is asked along the way of a report, so that nothing slips past between two questions.
- `damage` says what is wrong: each sentence names one broken promise of the durability rules.
- Every line that was ever committed to the spool is in a log file once: the spool's own sequence
  counts them, so that the sum of all lines must be that number.
"""

import gzip
import re
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.outbox import Outbox
from foundation.durable.database import open_for_reading
from foundation.durable.doorbell import EventDoorbell
from liveconnect.config import database_file
from utm.logs.grammar import LineMalformedError, parse_line
from utm.logs.spool import current_files, waiting_count
from utm.logs.views import LOG_VIEWS, archives, log_path
from utm.storage import DATABASE
from utmlab.places import Places
from utmlab.stored import open_utm

SENT, RECEIVED, ACKNOWLEDGED = "4233", "4211", "4212"


def what_waits(places: Places, *, browsed: Collection[str], computers: Collection[str]) -> str:
    """Return what a lab has still to do, empty when it has settled.

    Args:
        places: The lab.
        browsed: Addresses that eplog.log is to tell of.
        computers: Names of the computers that are to comply with the newest changeset.
    """
    return next(filter(None, _waits(places, browsed, computers)), "")


def damage(
    places: Places,
    *,
    browsed: Collection[str],
    uncertain: Collection[str] = (),
    computers: Collection[str] = (),
) -> list[str]:
    """Return what a settled lab lost or doubled, in sentences; none is the answer wanted.

    Args:
        places: The lab.
        browsed: Addresses whose pages came back: once each in eplog.log.
        uncertain: Addresses whose answer was cut off: at most once each.
        computers: Names of installed computers.
    """
    lines = {view.log: list(log_lines(places.utm_logs, view.log)) for view in LOG_VIEWS}
    with (
        closing(open_for_reading(places.utm / DATABASE)) as utm,
        closing(open_for_reading(database_file(places.liveconnect))) as broker,
    ):
        return [
            *_torn_lines(lines),
            *_line_counts(places, utm, lines),
            *_changesets(utm, broker, lines["epsecd"]),
            *_reports(utm, broker, lines["epsecd"]),
            *_browsing(browsed_urls(places), browsed, uncertain),
            *_endpoints(utm, broker, computers),
            *(sentence for name in computers for sentence in _computer(places, name)),
        ]


def log_lines(folder: Path, log: str) -> Iterator[str]:
    """Yield every line of a log, archives first; a torn last one comes without its line feed."""
    for archive in archives(folder, log):
        yield from gzip.decompress(archive.read_bytes()).decode().splitlines(keepends=True)
    today = log_path(folder, log)
    if today.exists():
        yield from today.read_bytes().decode(errors="replace").splitlines(keepends=True)


def browsed_urls(places: Places) -> list[str]:
    """Return the addresses in eplog.log, in its order."""
    found = (re.search(r'\burl="([^"]*)"', line) for line in log_lines(places.utm_logs, "eplog"))
    return [match[1] for match in found if match]


def _waits(places: Places, browsed: Collection[str], computers: Collection[str]) -> Iterator[str]:
    with closing(open_utm(places)) as utm:
        status = utm.status()
        compliant = {one["name"] for one in utm.endpoints() if one["compliant"]}
    if status["waiting"] is not None or not status["registered"]:
        yield f"the UTM has to send changeset {status['changeset']}"
    if missing := set(computers) - compliant:
        yield f"{', '.join(sorted(missing))} must comply with changeset {status['changeset']}"
    with closing(open_for_reading(database_file(places.liveconnect))) as broker:
        if waiting := _number(broker, _COMMANDS_WAITING):
            yield f"{waiting} commands wait for their endpoint"
    yield from (_spooled(places, name) for name in computers)
    with closing(open_for_reading(database_file(places.liveconnect))) as broker:
        if waiting := _number(broker, "SELECT COUNT(*) FROM reports"):
            yield f"{waiting} reports wait for the UTM"
    with closing(open_utm(places)) as utm:
        if waiting := utm.status()["log_lines_waiting"]:
            yield f"{waiting} lines wait for their log"
    if missing := set(browsed) - set(browsed_urls(places)):
        yield f"{len(missing)} pages are not in eplog.log"


_COMMANDS_WAITING = (
    "SELECT COUNT(*) FROM commands c JOIN endpoints e ON e.id = c.endpoint_id"
    " WHERE c.outcome IS NULL AND e.removed_at IS NULL"
)
_LINES_COMMITTED = "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'log_spool'"


def _torn_lines(lines: dict[str, list[str]]) -> Iterator[str]:
    for log, all_lines in lines.items():
        for line in all_lines:
            try:
                parse_line(line.removesuffix("\n"))
            except LineMalformedError as error:
                yield f"{log}.log has a torn line ({error}): {line[:120]!r}"
            else:
                if not line.endswith("\n"):
                    yield f"{log}.log has an unfinished line: {line[:120]!r}"


def _line_counts(places: Places, utm: Database, lines: dict[str, list[str]]) -> Iterator[str]:
    committed = _number(utm, _LINES_COMMITTED)
    written = sum(map(len, lines.values())) + waiting_count(utm)
    if written != committed:
        yield f"{committed} lines were committed to the spool, and {written} are in the logs"
    for row in current_files(utm):
        size = log_path(places.utm_logs, row.log).stat().st_size
        if size != row.offset:
            yield f"{row.log}.log has {size} bytes, and {row.offset} are committed"
    for orphan in places.utm_logs.glob("*.orphan-*"):
        yield f"{orphan.name} was set aside"


def _changesets(utm: Database, broker: Database, epsecd: list[str]) -> Iterator[str]:
    sent = _number(utm, "SELECT COUNT(*) FROM epsecd_changesets WHERE sent_at IS NOT NULL")
    said = _count_of(epsecd, SENT)
    if said != sent:
        yield f"{sent} changesets were sent, and there are {said} lines {SENT}"
    numbers = _rows(utm, "SELECT epoch, number FROM epsecd_changesets WHERE sent_at IS NOT NULL")
    known = _rows(broker, "SELECT epoch, number FROM changesets")
    if unsaid := set(known) - set(numbers):
        yield f"LiveConnect holds changesets that were never said to be sent: {sorted(unsaid)}"
    newest = _rows(utm, "SELECT MAX(number) FROM epsecd_changesets")
    if _rows(utm, "SELECT COUNT(*) FROM epsecd_changesets") != newest:
        yield "changeset numbers have gaps"
    if known and max(known)[1:] != newest[0]:
        yield f"LiveConnect's newest changeset is {max(known)}, the UTM's {newest[0]}"


def _reports(utm: Database, broker: Database, epsecd: list[str]) -> Iterator[str]:
    issued = _number(broker, "SELECT COALESCE(SUM(last_report), 0) FROM tenants")
    taken = [number for (number,) in _rows(utm, "SELECT number FROM epsecd_reports")]
    if sorted(taken) != list(range(1, issued + 1)):
        yield f"{issued} reports were numbered, and the UTM took in {len(taken)}"
    acknowledged = [line for line in epsecd if _has_id(line, ACKNOWLEDGED)]
    entries = sum(_entries(line) for line in acknowledged)
    if entries != len(taken):
        yield f"{len(taken)} reports were taken in, and {ACKNOWLEDGED} has {entries} entries"
    if _count_of(epsecd, RECEIVED) != len(acknowledged):
        yield f"lines {RECEIVED} and {ACKNOWLEDGED} are not pairs"


def _browsing(
    written: list[str], browsed: Collection[str], uncertain: Collection[str]
) -> Iterator[str]:
    counts = Counter(written)
    for url in browsed:
        if counts[url] != 1:
            yield f"{url} was browsed once and is in eplog.log {counts[url]} times"
    for url in uncertain:
        if counts[url] > 1:
            yield f"{url} is in eplog.log {counts[url]} times"
    if strange := set(counts) - set(browsed) - set(uncertain):
        yield f"eplog.log tells of what nobody browsed: {sorted(strange)[:3]}"


def _endpoints(utm: Database, broker: Database, computers: Collection[str]) -> Iterator[str]:
    known = _rows(utm, "SELECT endpoint_id, name FROM epsecd_endpoints")
    enrolled = _rows(broker, "SELECT id, computer_name FROM endpoints")
    if sorted(known) != sorted(enrolled):
        yield f"the UTM lists {len(known)} endpoints, and {len(enrolled)} are enrolled"
    if (utms := _number(broker, "SELECT COUNT(*) FROM tenants")) != 1:
        yield f"one UTM is registered as {utms}"
    times = Counter(name for _, name in known)
    if twice := [name for name, count in times.items() if count != 1]:
        yield f"{', '.join(twice)} enrolled more than once"
    if missing := set(computers) - set(times):
        yield f"{', '.join(sorted(missing))} is not in the UTM's list"


def _computer(places: Places, name: str) -> Iterator[str]:
    host = HostFolder(places.host(name))
    for folder in (host.web_control_activity, host.event_spool):
        if count := Outbox(folder).damaged():
            yield f"{name} has {count} damaged files in {folder.name}"
    for log in (host.client_log, host.agent_log):
        if log.exists() and not log.read_bytes().endswith(b"\n"):
            yield f"{log.name} of {name} ends in a torn line"


def _spooled(places: Places, name: str) -> str:
    """Return what a computer has not passed on: cached items go once they are acted on."""
    host = HostFolder(places.host(name))
    handover = Handover(host, persist_bell=EventDoorbell(), spool_bell=EventDoorbell())
    counts = {
        "activities": Outbox(host.web_control_activity).count(),
        "events": len(handover.waiting_events()),
        "statuses": len(handover.statuses()),
        "actions": len(handover.actions()),
        "commands": sum(1 for _ in host.command_queue.glob("*.json")),
    }
    return next((f"{name} has {count} {what}" for what, count in counts.items() if count), "")


def _has_id(line: str, number: str) -> bool:
    return f' id="{number}" ' in line


def _count_of(lines: list[str], number: str) -> int:
    return sum(_has_id(line, number) for line in lines)


def _entries(line: str) -> int:
    found = re.search(r'reports="([^"]*)"', line)
    return len(found[1].split(",")) if found else 0


def _number(db: Database, query: str) -> int:
    return int(db.execute(query).fetchone()[0])


def _rows(db: Database, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in db.execute(query).fetchall()]
