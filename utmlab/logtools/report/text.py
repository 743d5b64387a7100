"""A report as text for people; the JSON record holds more."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from utmlab.logtools.report.words import Record, duration, place, stamp, verdict, way

MOST_ROWS: Final = 40
PLACES: Final = 3


def report_text(record: Record) -> str:
    """Return the report; control characters of the logs are not taken off here."""
    parts = [_read, _days, _changesets, _clients, _troubles]
    blocks = ["\n".join(part(record)) for part in parts]
    return "\n\n".join(block for block in blocks if block)


def _read(record: Record) -> Iterator[str]:
    read = record["read"]
    yield f"{read['lines']:,} lines of {len(read['files'])} files"
    if read["outside"]:
        yield f"{read['outside']:,} lines outside --since and --until"
    if read["foreign"]:
        yield f"{read['foreign']:,} lines that are none of a UTM (`utmlab log lint` says why)"
    if read["skipped"]:
        yield f"{len(read['skipped'])} files skipped: {_some(read['skipped'])}"
    for one in read["damaged"]:
        yield f"damaged: {one['file']}: {one['message']}"
    if record["zone"] is None and read["lines"]:
        yield "times are the UTM's local time; --tz names its zone"


def _days(record: Record) -> Iterator[str]:
    days = record["days"]
    if days:
        yield "DAYS"
    for one in days[-MOST_ROWS:]:
        first, last = stamp(one["first"]["at"])[11:19], stamp(one["last"]["at"])[11:19]
        ids = sorted(one["ids"].items(), key=lambda each: -each[1])
        listed = ", ".join(f"{key} {count:,}" for key, count in ids[:6])
        yield f"{one['day']}  {one['log']}@{one['host']}  {first} to {last}  {one['lines']:,} lines"
        yield f"    ids: {listed}" + (f", and {len(ids) - 6} more" if len(ids) > 6 else "")
        yield from (f"    {sentence}" for sentence in _day_events(one))
    if len(days) > MOST_ROWS:
        yield f"... {len(days) - MOST_ROWS} days before these: --json and --html have them"


def _day_events(one: Record) -> Iterator[str]:
    for gap in one["gaps"][:PLACES]:
        yield f"no line for {duration(gap['seconds'])} before {place(gap)}"
    if one["restarts"]["count"]:
        starts = [f"{place(start)}" for start in one["restarts"]["first"][:PLACES]]
        yield f"{one['restarts']['count']} restarts: {', '.join(starts)}"
    for jump in one["jumps"]["first"][:PLACES]:
        yield f"{jump['kind']} ({jump['seconds']:+d} s) at {place(jump)}"


def _changesets(record: Record) -> Iterator[str]:
    found = record["changesets"]
    if not found["sent"]:
        return
    yield f"CHANGESETS ({found['sent']:,} sent, {found['reports']:,} times reports)"
    for one in found["shown"][-MOST_ROWS:]:
        name = f" changeset {one['number']}" if one["number"] else ""
        yield f"{stamp(one['sent_at'])}{name}  {way(one)}  ({place(one)})"
        if sentence := verdict(one):
            yield f"    {sentence}"
    if found["sent"] > MOST_ROWS:
        yield f"... {found['sent'] - MOST_ROWS:,} before these"


def _clients(record: Record) -> Iterator[str]:
    found = record["clients"]
    if found["shown"]:
        yield "WHO BROWSED"
    for one in found["shown"][:MOST_ROWS]:
        who = " at ".join(part for part in (one["user"], one["address"]) if part)
        counts = f"{one['lines']:,} requests, {one['blocked']:,} blocked, {one['warned']:,} warned"
        yield f"{one['log']}  {who}: last {stamp(one['last'])}, {counts}"
        if one["late"]:
            late = f"{one['late']:,} uploaded late, by up to {duration(one['longest_delay_s'])}"
            yield f"    {late} (first: {place(one['late_place'])})"
        if one["top_blocked"]:
            yield f"    most blocked: {_sites(one['top_blocked'])}"
    for log, sites in found["blocked"].items():
        if sites:
            yield f"most blocked in {log}: {_sites(sites[:10])}"
    if found["forgotten"]:
        yield f"clients with at most {found['floor']:,} requests were left out"


def _troubles(record: Record) -> Iterator[str]:
    seen = [one for one in record["troubles"] if one["count"]]
    if seen:
        yield "KNOWN TROUBLES"
    for one in seen:
        mark = "" if one["shows"] == "yes" else " (a hint: depends on who reads the log)"
        yield f"{one['code']}  {one['title']}: {one['count']:,} x{mark}"
        for rule in one["rules"]:
            code = f"{rule['rule']} " if rule["rule"] else ""
            yield f"    {code}{rule['title']}: {rule['count']:,} x"
            yield from (f"      {place(at)}: {at['message']}" for at in rule["places"][:PLACES])
        yield f"    check: {one['check']}"
    unseen = [one["code"] for one in record["troubles"] if one["shows"] == "no"]
    yield f"never in a log: {', '.join(unseen)}"
    for rule in record["other"]:
        yield f"also {rule['rule']} {rule['title']}: {rule['count']:,} x"


def _sites(sites: Iterable[Record]) -> str:
    return ", ".join(f"{one['site']} {one['count']:,}" for one in sites)


def _some(names: list[Any]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
