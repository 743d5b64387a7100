"""`utmlab categories`: lists of sites for LiveConnect's look-up."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from foundation.categories.directory_map import DirectoryMap, packaged_map, packaged_map_text
from foundation.categories.importer import ImportReport, read_lists
from foundation.categories.large_set import write_category_file
from liveconnect.config import category_file
from utmlab.cli.output import emit, say
from utmlab.cli.session import LabGroup, Session


@click.group(cls=LabGroup)
def categories() -> None:
    """Lists of categorised sites for LiveConnect."""


@categories.command(name="import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--map",
    "map_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Directory names and their category ids; by default the packaged map.",
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write here, by default into the lab's LiveConnect.",
)
@click.pass_obj
def import_(session: Session, folder: Path, map_file: Path | None, out: Path | None) -> None:
    """Read a directory of category lists, one site per line (squidGuard's layout).

    FOLDER holds `<category>/domains` and `<category>/urls`. A running LiveConnect takes the list up
    at the next question; endpoints ask about sites that they do not know themselves.
    """
    names = DirectoryMap.from_json(map_file.read_bytes()) if map_file else packaged_map()
    target = out or category_file(session.places.liveconnect)
    sites, report = read_lists(folder, names)
    write_category_file(target, sites.items())
    _tell(report)
    document: dict[str, Any] = {"file": str(target), **asdict(report)}
    emit(session, document, lambda: f"{report.sites} sites of {report.lines} lines in {target}")


@categories.command(name="map")
@click.pass_obj
def map_(session: Session) -> None:
    """Print the packaged map of directory names, to begin one's own with."""
    known = packaged_map().directories
    listed = {name: list(one.ids) if one is not None else [] for name, one in known.items()}
    emit(session, {"directories": listed}, packaged_map_text)


def _tell(report: ImportReport) -> None:
    for bad in report.bad_lines:
        say(f"{bad.file}:{bad.line}: {bad.text!r} is no site")
    if report.bad > len(report.bad_lines):
        say(f"{report.bad - len(report.bad_lines)} more lines are no sites")
    if report.paths:
        say(f"{report.paths} lines mean a part of a site; categories belong to whole sites")
    if report.unknown:
        say(f"directories that the map does not name: {', '.join(report.unknown)}")
