"""`utmlab utm export` and `utmlab utm import`: one's own appliance in the lab."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from foundation.durable.folder import holder_of
from foundation.service import utc_now
from utmlab.adopting import adopt_stored
from utmlab.cli.asking import ask
from utmlab.cli.output import emit, facts, say
from utmlab.cli.render.adopted import adopted_text
from utmlab.cli.session import LabCommand, Session

TOKEN_VARIABLE: Final = "UTM_API_TOKEN"  # noqa: S105 - its name


@click.command("export", cls=LabCommand)
@click.argument("url", metavar="https://HOST:4444")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where it is written: a new or empty folder, or an earlier export, which is replaced.",
)
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The CA of the appliance's certificate, or that certificate (default: the machine's CAs).",
)
@click.option(
    "--fingerprint", default="", metavar="SHA256", help="Believe this certificate and no other."
)
@click.option(
    "--insecure", is_flag=True, help="Believe any certificate; whoever answers gets the token."
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.1),
    default=60.0,
    metavar="S",
    help="How long one answer may take (default: 60 s).",
)
@click.pass_obj
def export_command(
    session: Session,
    *,
    url: str,
    out: Path,
    ca: Path | None,
    fingerprint: str,
    insecure: bool,
    timeout_s: float,
) -> None:
    """Fetch an appliance's web policy over its REST API, read-only, into a folder.

    The API token is taken from $UTM_API_TOKEN. Objects of http, epp, time, network and aaa are
    fetched, and the nodes; passwords, tokens and keys are left out. One connection, GET only.
    """
    from utmlab.exporting import Source, Trust, export  # noqa: PLC0415 - slow to load

    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise click.UsageError(f"Put the API token into the environment as {TOKEN_VARIABLE}.")
    if (ca is not None) + bool(fingerprint) + insecure > 1:
        raise click.UsageError("Give one of --ca, --fingerprint and --insecure.")
    trust = Trust(ca=ca, fingerprint=fingerprint, is_checked=not insecure)
    source = Source(url=url, token=token, trust=trust, timeout_s=timeout_s)
    with _progress() as progress:
        done = asyncio.run(export(source, out.absolute(), now=utc_now, progress=progress))
    document = {
        "folder": str(out),
        "source": source.url,
        "version": done.version,
        "objects": done.objects,
        "nodes": done.nodes,
        "left_out": sorted(done.left_out),
    }
    emit(session, document, lambda: _exported_text(document))


@click.command("import", cls=LabCommand)
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR"
)
@click.option("--dry-run", is_flag=True, help="Say what would come of it, and change nothing.")
@click.pass_obj
def import_command(session: Session, folder: Path, *, dry_run: bool) -> None:
    """Take over an appliance's configuration from a folder of its REST API's answers.

    An export, or what curl wrote, whatever the files are called. It is one change; doing it again
    changes nothing. With no lab running it is put into the data folder, which is made if need be.
    """
    wanted = str(folder.absolute())
    if holder_of(session.places.data) is not None:
        done = ask(session, "utm_adopt", folder=wanted, dry_run=dry_run)
    else:
        done = asyncio.run(adopt_stored(session.places, folder, dry_run=dry_run))
    emit(session, done, lambda: adopted_text(done))


def _exported_text(document: dict[str, Any]) -> str:
    objects: dict[str, int] = document["objects"]
    version = document["version"]
    return facts(
        [
            ("folder", document["folder"]),
            ("from", f"{document['source']}, UTM {version.get('utm', '?')}"),
            ("objects", f"{sum(objects.values())} of {len(objects)} classes"),
            ("nodes", document["nodes"]),
            ("left out", ", ".join(document["left_out"]) or "nothing"),
        ]
    )


@contextmanager
def _progress() -> Iterator[Any]:
    """Show how far it is, on a terminal."""
    if not sys.stderr.isatty():
        say("Fetching, one request after the other.")
        yield lambda _done, _all, _next: None
        return
    from rich.console import Console  # noqa: PLC0415 - slow to load
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)

        def tell(done: int, total: int, path: str) -> None:
            shown.update(task, completed=done, total=total, description=path)

        yield tell
