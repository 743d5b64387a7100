"""`utmlab fault`: have something go wrong in the running lab, and watch what comes of it."""

from typing import Any

import click

from foundation.faults import Hop
from foundation.faults.fault import EFFECTS
from utmlab.active_faults import effect_text
from utmlab.cli.asking import ask
from utmlab.cli.completing import endpoint_names
from utmlab.cli.output import emit, table
from utmlab.cli.session import LabCommand, LabGroup, Session
from utmlab.faults.scenarios import SCENARIOS, told


@click.group(cls=LabGroup)
def fault() -> None:
    """Have something go wrong, on purpose."""


@fault.command("set", cls=LabCommand)
@click.argument("hop", type=click.Choice([hop.value for hop in Hop]))
@click.argument("effect")
@click.option("--call", "calls", multiple=True, help="Only this call, such as poll or register.")
@click.option(
    "--of",
    "parts",
    multiple=True,
    shell_complete=endpoint_names,
    help="Only this computer; for disk and clock also utm or liveconnect. May be repeated.",
)
@click.option("--group", default="", help="Only the computers of this endpoint group.")
@click.option("--tenant", default="", metavar="ID", help="Only computers of the UTM of this id.")
@click.option("--once", is_flag=True, help="Once; the same as --times 1.")
@click.option("--times", type=click.IntRange(min=1), help="So often (default: until cleared).")
@click.option(
    "--probability",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    help="With this chance each time (default: 1).",
)
@click.option("--seed", type=int, default=1, help="Of that chance.")
@click.pass_obj
def set_command(
    session: Session,
    *,
    hop: str,
    effect: str,
    calls: tuple[str, ...],
    parts: tuple[str, ...],
    group: str,
    tenant: str,
    once: bool,
    times: int | None,
    probability: float,
    seed: int,
) -> None:
    """Set a fault: HOP is where, EFFECT what, as in `fault set mcs status=503 --call poll --once`.

    `utmlab fault effects` lists both.
    """
    if once and times is not None:
        raise click.UsageError("Give one of --once and --times.")
    done = ask(
        session,
        "fault_set",
        hop=hop,
        effect=effect,
        calls=list(calls),
        parts=list(parts),
        group=group,
        tenant=tenant,
        times=1 if once else times,
        probability=probability,
        seed=seed,
    )
    emit(session, {"fault": done}, lambda: done)


@fault.command("list", cls=LabCommand)
@click.pass_obj
def list_command(session: Session) -> None:
    """List the faults that are set, with how often each happened."""
    found = ask(session, "fault_list")
    emit(session, {"faults": found}, lambda: _table(found))


@fault.command("clear", cls=LabCommand)
@click.argument("name", required=False, default="", metavar="[FAULT]")
@click.pass_obj
def clear_command(session: Session, name: str) -> None:
    """Take back one fault, known as liveconnect/1, or all."""
    cleared = ask(session, "fault_clear", fault=name)
    emit(session, {"cleared": cleared}, lambda: f"{cleared} taken back")


@fault.command("effects", cls=LabCommand)
@click.pass_obj
def effects_command(session: Session) -> None:
    """List every hop and what can go wrong there."""
    rows = [(hop.value, name, words) for hop in Hop for name, (_, words) in EFFECTS[hop].items()]
    document = {"effects": [{"hop": a, "effect": b, "meaning": c} for a, b, c in rows]}
    emit(session, document, lambda: table(("HOP", "EFFECT", "WHAT HAPPENS"), rows))


@fault.command("scenarios", cls=LabCommand)
@click.pass_obj
def scenarios_command(session: Session) -> None:
    """List the named courses of events and what has to be observed."""
    rows = [(name, told(name)) for name in SCENARIOS]
    document = {"scenarios": [{"name": name, "meaning": words} for name, words in rows]}
    emit(session, document, lambda: table(("NAME", "WHAT HAPPENS"), rows))


@fault.command("scenario", cls=LabCommand)
@click.argument("name", type=click.Choice(list(SCENARIOS)))
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    help="For how long (default: 60).",
)
@click.pass_obj
def scenario_command(session: Session, name: str, seconds: float) -> None:
    """Run a named course of events, then wait until every endpoint complies again."""
    seen = ask(session, "fault_scenario", name=name, seconds=seconds, timeout_s=seconds + 3600)
    emit(session, seen, lambda: "\n".join(f"{key}: {value}" for key, value in seen.items()))


def _table(found: list[dict[str, Any]]) -> str:
    rows = [
        (
            one["id"],
            one["hop"],
            effect_text(one),
            ", ".join(one["target"]["calls"]) or "all",
            ", ".join(one["target"]["endpoints"]) or "all",
            "until cleared" if one["left"] is None else one["left"],
            one["happened"],
        )
        for one in found
    ]
    return table(("FAULT", "HOP", "EFFECT", "CALLS", "OF", "LEFT", "HAPPENED"), rows)
