"""`utmlab log replay`: the lines of a log, sent to a syslog receiver at their pace."""

import asyncio
import contextlib
import math
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from foundation.service import utc_now
from utmlab.cli.failures import INTERRUPTED
from utmlab.cli.output import emit, say
from utmlab.cli.session import LabCommand, Session
from utmlab.logtools.reading import RawLine, read_lines, split_lines
from utmlab.logtools.replaying import Framing, Protocols, Receiver, send, timed

STDIN: Final = "-"
MAX: Final = "max"


class _Place(click.ParamType[tuple[str, int]]):
    """HOST:PORT."""

    name = "HOST:PORT"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        host, _, port = str(value).rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
            self.fail(f"{value!r} is not HOST:PORT", param, ctx)
        return host, int(port)


class _Speed(click.ParamType[float]):
    """A factor, or `max`."""

    name = "X|max"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if value == MAX:
            return math.inf
        try:
            speed = float(str(value))
        except ValueError:
            speed = math.nan
        if not speed > 0:
            self.fail(f"{value!r} is neither a number above 0 nor `max`", param, ctx)
        return speed


@click.command("replay", cls=LabCommand)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE...",
)
@click.option("--to", type=_Place(), required=True, help="The syslog receiver.")
@click.option(
    "--protocol", type=click.Choice(["udp", "tcp"]), default="udp", help="How (default: udp)."
)
@click.option(
    "--framing",
    type=click.Choice(["lf", "octet"]),
    default="lf",
    help="Over TCP: a line feed behind each message, or its length in front (default: lf).",
)
@click.option(
    "--speed",
    type=_Speed(),
    default="1",
    help="Times the pace of the stamps; `max` is without pauses (default: 1).",
)
@click.option(
    "--now",
    "is_shifted",
    is_flag=True,
    help="Move all stamps so that the first is the present time of --tz.",
)
@click.option(
    "--tz", default="UTC", metavar="ZONE", help="The UTM's zone, for --now (default: UTC)."
)
@click.option("--count", type=click.IntRange(min=1), help="Lines at most (default: all).")
@click.option("--allow-remote", is_flag=True, help="Also send to another machine.")
@click.pass_context
def replay_command(
    ctx: click.Context,
    files: tuple[str, ...],
    *,
    to: tuple[str, int],
    protocol: Protocols,
    framing: Framing,
    speed: float,
    is_shifted: bool,
    tz: str,
    count: int | None,
    allow_remote: bool,
) -> None:
    """Send log lines to a syslog receiver, as a UTM's remote syslog would.

    Each line goes out with its <PRI>, at the distance that its stamp has from the first one. Lines
    that were received already are unwrapped first; plain and gzip files are read, `-` is standard
    input. Only loopback addresses are sent to, unless --allow-remote.
    """
    session = ctx.find_object(Session) or Session()
    if framing == "octet" and protocol == "udp":
        raise click.UsageError("--framing octet goes with --protocol tcp")
    host, port = to
    receiver = Receiver(
        host=host, port=port, protocol=protocol, framing=framing, allow_remote=allow_remote
    )
    lines = chain.from_iterable(_lines(name) for name in files)
    messages = islice(timed(lines, _present(tz) if is_shifted else None), count)
    counted = _Counted()
    is_interrupted = False
    with _progress(count) as advance:

        def told() -> None:
            counted.sent += 1
            advance()

        try:
            asyncio.run(send(messages, receiver, speed, told))
        except KeyboardInterrupt:
            is_interrupted = True
    document = {
        "to": f"{host}:{port}",
        "protocol": protocol,
        "framing": framing,
        "sent": counted.sent,
        "interrupted": is_interrupted,
    }
    emit(session, document, lambda: "")
    if not session.as_json:
        ended = ", interrupted" if is_interrupted else ""
        say(f"{counted.sent} lines sent to {host}:{port}/{protocol}{ended}")
    ctx.exit(INTERRUPTED if is_interrupted else 0)


class _Counted:
    sent = 0


def _lines(name: str) -> Iterator[RawLine]:
    return split_lines(sys.stdin.buffer) if name == STDIN else read_lines(Path(name))


def _present(zone: str) -> datetime:
    try:
        return utc_now().astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise click.UsageError(f"--tz {zone!r} is no zone such as Europe/Berlin") from error


@contextlib.contextmanager
def _progress(total: int | None) -> Iterator[Callable[[], None]]:
    """Show how far it is, if somebody looks."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - slow to load, and only for people
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} lines"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Sending", total=total)
        yield lambda: progress.advance(bar)
