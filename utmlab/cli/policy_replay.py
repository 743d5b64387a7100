"""`utmlab policy replay`: archived web lines against a policy, to see how true the policy is."""

import sys
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path

import click

from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit, say
from utmlab.cli.policy_options import chosen_policy, local_zone, moment, whose_policy
from utmlab.cli.render.replay import replay_record, replay_text
from utmlab.cli.session import LabCommand, Session
from utmlab.logtools.reading import RawLine, read_lines, split_lines
from utmlab.replay.replay import Replay
from utmlab.replay.scope import Scope

STDIN = "-"
REPORT_EVERY = 200_000


@click.command(cls=LabCommand)
@click.argument(
    "logs",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    metavar="LOG...",
)
@whose_policy
@click.option("--since", type=moment, metavar="TIME", help="Only lines from then on.")
@click.option("--until", type=moment, metavar="TIME", help="Only lines before then.")
@click.option(
    "--profile", default="", metavar="NAME", help="Only lines of this profile, by name or REF."
)
@click.option(
    "--min-agreement",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="End with 1 when fewer of the compared lines agree.",
)
@click.option(
    "--rules",
    type=click.IntRange(min=1),
    default=20,
    metavar="N",
    help="Show so many differing rules (default: 20); --json shows all.",
)
@click.pass_context
def replay(
    ctx: click.Context,
    *,
    logs: tuple[str, ...],
    endpoint: str,
    group: str,
    policy_file: str,
    switches: tuple[tuple[str, str], ...],
    since: datetime | None,
    until: datetime | None,
    profile: str,
    min_agreement: float | None,
    rules: int,
) -> None:
    """Hold a policy against what really happened: web lines of http.log and eplog.log.

    URL, user, category, reputation, time and action are taken from each line; the policy is asked
    about the same request, and the answers are compared. Lines of 9.2 to 9.7, plain, gzip, with or
    without <PRI>, in any mix; what is no web line is counted and left out. Give the files of one
    log in the order of time. - is standard input.

    Say what the policy was in force for: --since and --until in the UTM's local time, --profile
    for one of several groups.
    """
    session = ctx.find_object(Session) or Session()
    named = chosen_policy(
        session.places, endpoint=endpoint, group=group, policy_file=policy_file, switches=switches
    )
    zone = local_zone(named.policy)
    scope = Scope(since=_stamp(since, zone), until=_stamp(until, zone), profile=profile)
    run = Replay(named.policy, scope)
    for name in logs:
        run.feed(name, _lines(name))
    for sentence in run.damaged:
        say(f"utmlab: {sentence}; what came before it was compared")
    emit(
        session,
        replay_record(named, switches, run, min_agreement),
        lambda: replay_text(named, run.tally, most_rules=rules),
    )
    percent = run.tally.percent
    if min_agreement is None or (percent is not None and percent >= min_agreement):
        return
    if percent is None:
        say("utmlab: no web line could be compared")
    else:
        say(f"utmlab: {percent:.2f} % agree, and {min_agreement:g} % were asked for")
    ctx.exit(ExitCode.FAILED)


def _stamp(at: datetime | None, zone: tzinfo) -> datetime | None:
    """Return a moment as stamps are written: the UTM's local time."""
    if at is None or at.tzinfo is None:
        return at
    return at.astimezone(zone).replace(tzinfo=None)


def _lines(name: str) -> Iterator[RawLine]:
    lines = split_lines(sys.stdin.buffer) if name == STDIN else read_lines(Path(name))
    is_watched = sys.stderr.isatty()
    for raw in lines:
        if is_watched and raw.number % REPORT_EVERY == 0:
            say(f"{name}: {raw.number:,} lines")
        yield raw
