"""`utmlab export` and `utmlab apply`: a lab as one file."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from foundation.durable.files import write_atomic
from utmlab.cli.asking import ask
from utmlab.cli.output import emit, say
from utmlab.cli.render.adopted import adopted_text
from utmlab.cli.session import LabCommand, Session
from utmlab.lab_file import describe_lab, read_lab


@click.command("export", cls=LabCommand)
@click.argument(
    "file", type=click.Path(dir_okay=False, path_type=Path), required=False, metavar="[FILE]"
)
@click.pass_obj
def export_command(session: Session, file: Path | None) -> None:
    """Write the lab as one file.

    Settings, the UTM's configuration and the computers, to FILE or standard output, from stored
    state. Passwords, tokens, identities and ports are left
    out, so that the same file makes many labs: `utmlab apply FILE`.
    """
    text = json.dumps(describe_lab(session.places).as_record(), indent=1, ensure_ascii=False) + "\n"
    if file is None:
        click.echo(text, nl=False)
        return
    write_atomic(file.absolute(), text.encode())
    say(f"{file}: {len(text)} bytes")


@click.command("apply", cls=LabCommand)
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option("--dry-run", is_flag=True, help="Say what would come of it, and change nothing.")
@click.pass_obj
def apply_command(session: Session, file: Path, *, dry_run: bool) -> None:
    """Bring the lab to what a file says.

    The lab has to run; doing it again changes nothing. FILE is what `utmlab export` writes, or `-`
    for standard input; parts may be missing. Nothing is deleted. Settings hold from the next start
    on.
    """
    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    wanted = read_lab(body)  # here too, so that a file is refused with nothing running
    done = ask(session, "apply", document=wanted.as_record(), dry_run=dry_run)
    document = {"dry_run": dry_run, **done}
    emit(session, document, lambda: "\n".join(_lines(document)))


def _lines(done: dict[str, Any]) -> Iterator[str]:
    would = "would be " if done["dry_run"] else ""
    for name, (before, after) in done["settings"].items():
        yield f"setting {name}: {before} -> {after}, from the next start on"
    if done["configuration"] is not None:
        yield adopted_text(done["configuration"])
    if done["endpoint_protection"]:
        yield f"Endpoint Protection {would}switched {done['endpoint_protection']}"
    for name in done["installed"]:
        yield f"{name} {would}installed"
    for name, group in done["groups"].items():
        yield f"{name} {would}moved to group {group}"
    for name, location in done["locations"].items():
        yield f"{name} {would}moved to {location}"
    if done["not_in_file"]:
        yield f"not in the file, and left as they are: {', '.join(done['not_in_file'])}"
