"""`utmlab log report`: what the logs of an installation tell, without the installation."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Final
from zoneinfo import ZoneInfo

import click

from foundation.errors import DomainError
from utm.logs.grammar import format_stamp
from utmlab.cli.output import emit, say
from utmlab.cli.policy_options import moment
from utmlab.cli.session import LabCommand, Session
from utmlab.journal import printable
from utmlab.logtools.reading import RawLine, read_lines
from utmlab.logtools.report.names import Names, Naming
from utmlab.logtools.report.record import report_record
from utmlab.logtools.report.reporting import EARLIEST, LATEST, Report, Window
from utmlab.logtools.report.sources import Chosen, Source, choose
from utmlab.logtools.report.text import report_text

if TYPE_CHECKING:
    from rich.progress import Progress

PACKED: Final = 12
"""How much smaller an archive is, about; only the progress bar believes in it."""
STEP: Final = 1 << 20


class NoLogsError(DomainError):
    """Nothing that was named is a log of a UTM."""

    code: ClassVar[str] = "no_logs"
    hint: ClassVar[str] = "Name files, or folders with NAME.log and NAME/YYYY/MM/*.log.gz in them."


def _zone(_ctx: click.Context, _param: click.Parameter, name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise click.BadParameter(f"{name!r} is no zone such as Europe/Berlin") from None


@click.command(cls=LabCommand)
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH...",
)
@click.option("--since", type=moment, metavar="TIME", help="Only lines from then on.")
@click.option("--until", type=moment, metavar="TIME", help="Only lines before then.")
@click.option(
    "--tz", "zone", callback=_zone, metavar="ZONE", help="The UTM's zone, such as Europe/Berlin."
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the report as one HTML file as well.",
)
@click.option("--redact", is_flag=True, help="Pseudonyms for users, hosts, addresses and URLs.")
@click.option(
    "--redact-key",
    type=click.File("rb"),
    metavar="FILE",
    help="Redact with this file's content as key: the same pseudonyms each time.",
)
@click.pass_obj
def report(
    session: Session,
    *,
    paths: tuple[Path, ...],
    since: datetime | None,
    until: datetime | None,
    zone: ZoneInfo | None,
    html: Path | None,
    redact: bool,
    redact_key: BinaryIO | None,
) -> None:
    """Read the logs of an installation and say what they tell; nothing has to run.

    PATH is a folder (today's logs and archives are found below it) or a file, plain or gzip, as it
    was on the UTM or as a syslog receiver stored it. The report has, per day and log, first and
    last line, gaps, restarts, jumps of the clock and ids; per changeset its way through 4233, 4211
    and 4212 or what is missing; per computer last browsing, late uploads and what was blocked most;
    and every known trouble (D1 to D22) with file and line.

    --since and --until are in the UTM's local time, or with an offset when --tz names its zone.
    """
    window = Window(since=_stamp(since, zone) or EARLIEST, until=_stamp(until, zone) or LATEST)
    chosen = choose(paths)
    if not chosen.sources:
        raise NoLogsError("No log of a UTM is there")
    found = _read(chosen, Report(window, zone))
    naming = _naming(redact, redact_key.read() if redact_key is not None else None)
    record = report_record(found, naming, chosen.skipped)
    if html is not None:
        from utmlab.logtools.report.page import report_page  # noqa: PLC0415 - loads the templates

        html.write_text(report_page(record), encoding="utf-8")
        say(f"{html} is written")
    emit(session, record, lambda: _lines(report_text(record)))


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())


def _stamp(at: datetime | None, zone: ZoneInfo | None) -> bytes | None:
    if at is None:
        return None
    if at.tzinfo is not None:
        if zone is None:
            raise click.UsageError("A time with an offset needs --tz, the zone of the stamps.")
        at = at.astimezone(zone).replace(tzinfo=None)
    return format_stamp(at).encode()


def _naming(redact: bool, key: bytes | None) -> Naming:
    if not redact and key is None:
        return Names()
    from utmlab.logtools.report.redaction import Pseudonyms  # noqa: PLC0415 - makes its tables

    return Pseudonyms(key or secrets.token_bytes(32))


def _read(chosen: Chosen, report: Report) -> Report:
    total = sum(source.size for source in chosen.sources)
    with _progress() if sys.stderr.isatty() else nullcontext() as progress:
        bar = progress.add_task("Reading", total=total) if progress is not None else None
        before = 0
        for source in chosen.sources:
            lines = read_lines(source.path)
            if progress is not None and bar is not None:
                lines = _counted(lines, source, before, progress)
            report.feed(source, lines)
            before += source.size
    report.finish()
    return report


def _progress() -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - slow to load
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _counted(
    lines: Iterator[RawLine], source: Source, before: int, progress: "Progress"
) -> Iterator[RawLine]:
    """Move the bar about once for every megabyte."""
    share = 1 / PACKED if source.is_archive else 1.0
    task, seen, told = progress.task_ids[0], 0, 0
    for raw in lines:
        seen += len(raw.data) + 1
        if seen - told >= STEP:
            told = seen
            progress.update(task, completed=before + min(source.size, round(seen * share)))
        yield raw
    progress.update(task, completed=before + source.size)
