"""`utmlab log generate`: lines of known trouble with what a parser should make of them."""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from utmlab.cli.output import emit, say, table
from utmlab.cli.session import LabCommand, Session
from utmlab.logtools.corpus.released import CORPORA, PROVENANCES, Corpus, UnknownScenarioError
from utmlab.logtools.elastic_package import write_package
from utmlab.logtools.generate import (
    DISK,
    Generated,
    NothingLeftError,
    Order,
    Told,
    write_plain,
)

EVERY: Final = "all"
LAYOUTS: Final = {"plain": write_plain, "elastic-package": write_package}
LARGEST_SEED: Final = (1 << 64) - 1
_LISTED: Final = 200
"""Lines that are looked at to tell which provenances a scenario has."""


@click.command(cls=LabCommand)
@click.option(
    "--corpus",
    type=click.Choice([str(number) for number in CORPORA]),
    default=str(max(CORPORA)),
    help="Version of the corpus; its bytes never change (default: the newest).",
)
@click.option(
    "--scenario",
    "words",
    multiple=True,
    metavar="S",
    help="A scenario, a trouble (D5) or `all`; with commas or several times.",
)
@click.option(
    "--seed", type=click.IntRange(0, LARGEST_SEED), default=1, help="Which variation (default: 1)."
)
@click.option("--count", type=click.IntRange(min=1), default=1_000, help="Lines (default: 1000).")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the files go; those of the same names are replaced.",
)
@click.option(
    "--provenance",
    default=",".join(PROVENANCES),
    metavar="P,P",
    help="Keep lines of these alone: seed, public, documented, ours.",
)
@click.option(
    "--transport",
    "transports",
    multiple=True,
    metavar="T",
    help="Twins beside the log, line by line: udp, tcp, octet, mangled, relayed, cut-1024, "
    "cut-2048, cut-8192, latin-1, or `all`.",
)
@click.option(
    "--layout",
    type=click.Choice(list(LAYOUTS)),
    default="plain",
    help="Expected records of our own, or pipeline tests of Elastic's packages.",
)
@click.option("--list", "is_listing", is_flag=True, help="Show the scenarios instead.")
@click.pass_obj
def generate(
    session: Session,
    *,
    corpus: str,
    words: tuple[str, ...],
    seed: int,
    count: int,
    out: Path | None,
    provenance: str,
    transports: tuple[str, ...],
    layout: str,
    is_listing: bool,
) -> None:
    """Write logs that show one thing each, with what a parser should make of every line.

    For each scenario NAME.log and NAME.expected.ndjson, line by line: the raw line, its fields,
    the moment in UTC, the provenance of its form, and its defect with the rules of `utmlab log
    lint` that find it. The same corpus, scenario, seed and count give the same bytes everywhere.
    """
    source = CORPORA[int(corpus)]
    if is_listing:
        _list(session, int(corpus), source)
        return
    names = _scenarios(source, words)
    if out is None:
        raise click.UsageError("--out says where the files go")
    kept, wanted = _provenances(provenance), _transports(source, transports)
    made = []
    with _progress(len(names) * count) as told:
        for name in names:
            is_received = source.scenarios[name].is_received
            if is_received and wanted and len(names) > 1:
                say(f"{name}: as a receiver stored it, so it has no twins")
            order = Order(
                corpus=int(corpus),
                scenario=name,
                seed=seed,
                count=count,
                provenances=kept,
                transports=() if is_received and len(names) > 1 else wanted,
            )
            try:
                made.append(LAYOUTS[layout](order, out, told))
            except NothingLeftError as error:
                if len(names) == 1:
                    raise
                say(f"left out: {error}")
    if not made:
        raise NothingLeftError("no scenario of these has a line of that provenance")
    emit(session, {"generated": [_record(one) for one in made]}, lambda: _text(made))


def _words(options: tuple[str, ...]) -> list[str]:
    return [word.strip() for option in options for word in option.split(",") if word.strip()]


def _scenarios(source: Corpus, options: tuple[str, ...]) -> list[str]:
    words = _words(options)
    if not words:
        raise click.UsageError("Give --scenario, or --list to see which there are.")
    try:
        return list(dict.fromkeys(name for word in words for name in source.named(word)))
    except UnknownScenarioError as error:
        raise click.UsageError(f"{error}. {error.hint}") from None


def _provenances(option: str) -> frozenset[str]:
    words = frozenset(_words((option,)))
    if not words or not words <= set(PROVENANCES):
        raise click.UsageError(f"--provenance takes {', '.join(PROVENANCES)}")
    return words


def _transports(source: Corpus, options: tuple[str, ...]) -> tuple[str, ...]:
    known = [name for name in source.twins if name != DISK]
    words = _words(options)
    if EVERY in words:
        return tuple(known)
    for word in words:
        if word not in source.twins:
            raise click.UsageError(f"--transport {word!r} is none of {', '.join(known)}")
    return tuple(dict.fromkeys(word for word in words if word != DISK))


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Told]:
    """Show how far it is, if somebody looks."""
    if not sys.stderr.isatty():
        yield lambda _count: None
        return
    from rich.console import Console  # noqa: PLC0415 - slow to load, and only for people
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Generating", total=total)
        yield lambda count: progress.advance(bar, count)


def _record(one: Generated) -> dict[str, Any]:
    order = one.order
    return {
        "corpus": order.corpus,
        "scenario": order.scenario,
        "seed": order.seed,
        "count": order.count,
        "provenance": sorted(order.provenances),
        "lines": one.lines,
        "left_out": one.left_out,
        "defects": one.defects,
        "files": [
            {"file": str(file.path), "bytes": file.size, "sha256": file.sha256}
            for file in one.files
        ],
    }


def _text(made: list[Generated]) -> str:
    rows = [
        (one.order.scenario, one.lines, one.defects, one.left_out or "", one.files[0].path)
        for one in made
    ]
    return table(("scenario", "lines", "with a defect", "left out", "log"), rows)


def _list(session: Session, number: int, source: Corpus) -> None:
    listed = [_listed(number, source, name) for name in source.scenarios]

    def text() -> str:
        rows = [
            (one["name"], one["trouble"], ",".join(one["rules"]), one["title"],
             ",".join(one["provenance"]))
            for one in listed
        ]  # fmt: skip
        return table(("scenario", "trouble", "lint", "what", "provenance"), rows)

    emit(session, {"corpus": number, "zone": source.zone, "scenarios": listed}, text)


def _listed(number: int, source: Corpus, name: str) -> dict[str, Any]:
    scenario = source.scenarios[name]
    pairs = list(Order(corpus=number, scenario=name, count=_LISTED).pairs())
    defects = [json.loads(pair.record)["defect"] for pair in pairs]
    rules = {rule for one in defects if one is not None for rule in one["rules"]}
    found = {pair.provenance for pair in pairs}
    return {
        "name": name,
        "title": scenario.title,
        "trouble": scenario.pain,
        "rules": sorted(rules),
        "advice": list(scenario.advice),
        "provenance": [one for one in PROVENANCES if one in found],
        "is_received": scenario.is_received,
    }
