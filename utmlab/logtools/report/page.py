"""A report as one HTML file that needs nothing else: no script, no font, no request.

* Jinja escapes every value; the page's own policy (`default-src 'none'`) allows the inline style
  and nothing else, so that even a hole in the escaping could not reach out.
* Pictures are inline SVG, one small multiple per log on the same scale of time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined

from utmlab.logtools.report.words import Record, duration, place, stamp, verdict, way

_HERE: Final = Path(__file__).parent
WIDTH: Final = 720
HEIGHT: Final = 44
MOST_BARS: Final = 360
MOST_PICTURES: Final = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a picture, in its units."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in a picture: a gap, a restart, a jump of the clock."""

    kind: str
    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Picture:
    """How many lines a log had over time."""

    title: str
    lines: int
    most: int
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]


def report_page(record: Record) -> str:
    """Return the page of a report's record."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(
        {"duration": duration, "stamp": stamp, "place": place, "way": way, "verdict": verdict}
    )
    template = environment.from_string((_HERE / "page.html").read_text(encoding="utf-8"))
    days = sorted({one["day"] for one in record["days"]})
    return template.render(
        report=record,
        style=(_HERE / "page.css").read_text(encoding="utf-8"),
        pictures=list(pictures(record)),
        width=WIDTH,
        height=HEIGHT,
        first_day=days[0] if days else "",
        last_day=days[-1] if days else "",
    )


def pictures(record: Record) -> Iterator[Picture]:
    """Yield a picture for each log, all over the same days; those with the most lines first."""
    logs: dict[tuple[str, str], list[Record]] = {}
    for day in record["days"]:
        logs.setdefault((day["log"], day["host"]), []).append(day)
    if not logs:
        return
    first = min(_day(day) for days in logs.values() for day in days)
    last = max(_day(day) for days in logs.values() for day in days)
    ordered = sorted(logs.items(), key=lambda one: -sum(day["lines"] for day in one[1]))
    for (log, host), days in ordered[:MOST_PICTURES]:
        yield _picture(f"{log} on {host}", days, first, (last - first).days + 1)


def _picture(title: str, days: list[Record], first: date, span: int) -> Picture:
    per_hour = span * 24 <= MOST_BARS
    slots = span * 24 if per_hour else min(span, MOST_BARS)
    counts: dict[int, int] = {}
    marks: list[Mark] = []
    for day in days:
        number = (_day(day) - first).days
        for hour, lines in enumerate(day["hours"]):
            slot = number * 24 + hour if per_hour else number * slots // span
            counts[slot] = counts.get(slot, 0) + lines
        marks += _marks(day, number, span)
    most, step = max(counts.values(), default=0), WIDTH / slots
    bars = tuple(
        Bar(
            round(slot * step, 2),
            round(HEIGHT - (height := max(1.0, HEIGHT * lines / most)), 2),
            round(max(step * 0.82, 0.6), 2),
            round(height, 2),
            f"{_slot_name(slot, first, span, slots)}: {lines:,} lines",
        )
        for slot, lines in sorted(counts.items())
        if lines
    )
    return Picture(title, sum(day["lines"] for day in days), most, bars, tuple(marks[:200]))


def _marks(day: Record, number: int, span: int) -> Iterator[Mark]:
    for gap in day["gaps"]:
        sentence = f"no line for {duration(gap['seconds'])} before {stamp(gap['end'])}"
        yield Mark("gap", _x(gap["end"], number, span), sentence)
    for start in day["restarts"]["first"]:
        yield Mark("restart", _x(start["at"], number, span), f"restart {stamp(start['at'])}")
    for jump in day["jumps"]["first"]:
        sentence = f"{jump['kind']} ({jump['seconds']:+d} s) {stamp(jump['end'])}"
        yield Mark("jump", _x(jump["end"], number, span), sentence)


def _x(at: str | None, number: int, span: int) -> float:
    clock = (at or "0000-00-00T00:00:00")[11:19]
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    passed = (hours * 3_600 + minutes * 60 + seconds) / 86_400
    return round(WIDTH * (number + passed) / span, 2)


def _slot_name(slot: int, first: date, span: int, slots: int) -> str:
    if slots == span * 24:
        return f"{first + timedelta(days=slot // 24)} {slot % 24:02}:00"
    return str(first + timedelta(days=-(-slot * span // slots)))


def _day(day: Record) -> date:
    return date.fromisoformat(day["day"])
