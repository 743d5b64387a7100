"""`utmlab endpoint`: the computers of the lab."""

from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from endpoint.network import LOCATIONS
from utmlab.cli.asking import ask
from utmlab.cli.completing import endpoint_names
from utmlab.cli.output import emit, say
from utmlab.cli.render.computers import computer_text, computers_table, services_table
from utmlab.cli.session import LabGroup, Session
from utmlab.cli.stored_names import archive_of, computer_record, computer_records
from utmlab.filtering import filtered_by, gateway_of
from utmlab.journal import printable
from utmlab.stored import open_utm

name_argument = click.argument("name", metavar="COMPUTER", shell_complete=endpoint_names)


@click.group(cls=LabGroup)
def endpoint() -> None:
    """Computers: install, look at, browse."""


@endpoint.command("list")
@click.pass_obj
def list_endpoints(session: Session) -> None:
    """List the computers, from stored state."""
    with closing(open_utm(session.places)) as utm:
        computers = computer_records(session.places, utm.endpoints())
    emit(session, {"computers": computers}, lambda: computers_table(computers))


@endpoint.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", metavar="COMPUTER", help="The computer's name (default: PC-01 and so on).")
@click.option("--product", multiple=True, help="Software that is on the computer already.")
@click.pass_obj
def install(session: Session, file: Path, name: str | None, product: tuple[str, ...]) -> None:
    """Run an installer of `utmlab utm deploy-agent` on a computer.

    The six steps are told on standard error. An installation that was interrupted goes on.
    """
    done = ask(
        session,
        "endpoint_install",
        name=name or "",
        installer=str(file.absolute()),
        products=list(product),
    )
    for line in done["lines"]:
        say(line)
    shown = f"{done['name']} is installed, proxy {done['proxy_url']}"
    emit(session, done, lambda: shown)


@endpoint.command()
@name_argument
@click.pass_obj
def show(session: Session, name: str) -> None:
    """Show a computer: identity, policies in force, services, logs; from stored state."""
    places = session.places
    archive = archive_of(places, name)
    with closing(open_utm(places)) as utm:
        enrolled = {one["id"]: one for one in utm.endpoints()}
    logs = archive.logs
    document = {
        **computer_record(archive, enrolled),
        "filtered_by": filtered_by(archive.host),
        "gateway": gateway_of(places),
        "folder": str(archive.host.root),
        "logs": {"client": str(logs.client), "agent": str(logs.agent), "setup": str(logs.setup)},
        "policies": {app: asdict(state) for app, state in archive.apps.items()},
        "services": [asdict(entry) for entry in archive.services.values()],
        "products": [asdict(one) for one in archive.products],
        "statuses": enrolled.get(archive.endpoint_id, {}).get("statuses", {}),
    }
    emit(session, document, lambda: computer_text(document))


@endpoint.command()
@name_argument
@click.pass_obj
def services(session: Session, name: str) -> None:
    """List the services of a computer, from its service table."""
    listed = [asdict(entry) for entry in archive_of(session.places, name).services.values()]
    emit(session, {"computer": name, "services": listed}, lambda: services_table(listed))


@endpoint.command()
@name_argument
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Have LiveConnect refuse a computer from its next poll on."""
    done = ask(session, "endpoint_remove", endpoint=name)
    emit(session, {"computer": name, **done}, lambda: f"{name} ({done['id']}) is removed")


@endpoint.command()
@name_argument
@click.pass_obj
def restore(session: Session, name: str) -> None:
    """Have LiveConnect accept a removed computer again."""
    done = ask(session, "endpoint_restore", endpoint=name)
    emit(session, {"computer": name, **done}, lambda: f"{name} ({done['id']}) is accepted again")


@endpoint.command()
@name_argument
@click.option(
    "--password", default="", envvar="UTMLAB_TAMPER_PASSWORD", help="Of the tamper protection."
)
@click.pass_obj
def uninstall(session: Session, name: str, password: str) -> None:
    """Take the installation away, as a person at the computer does.

    Tamper protection refuses it without its password (exit code 6). LiveConnect is not told: to it
    and to the UTM the computer falls silent.
    """
    done = ask(session, "endpoint_uninstall", endpoint=name, password=password)
    emit(session, done, lambda: f"{name} is uninstalled")


@endpoint.command()
@name_argument
@click.pass_obj
def reimage(session: Session, name: str) -> None:
    """Empty the disk and install again: the computer enrols as a new endpoint."""
    done = ask(session, "endpoint_reimage", endpoint=name)
    for line in done["lines"]:
        say(line)
    emit(session, {"computer": done["computer"]}, lambda: f"{name} is installed anew")


@endpoint.command()
@name_argument
@click.argument("copy", metavar="COPY")
@click.pass_obj
def clone(session: Session, name: str, copy: str) -> None:
    """Copy a computer with its identity: two computers that LiveConnect takes for one."""
    done = ask(session, "endpoint_clone", endpoint=name, copy=copy)
    emit(session, done, lambda: f"{copy} is a copy of {name}")


@endpoint.command()
@name_argument
@click.option(
    "--to",
    type=click.Choice(LOCATIONS),
    required=True,
    help="Behind the UTM, which filters there; or anywhere else.",
)
@click.pass_obj
def move(session: Session, name: str, to: str) -> None:
    """Take a computer to the office, behind the UTM, or out of it.

    At the office the UTM filters and Web Control stands back; elsewhere Web Control filters.
    Connections that are open end, as with any change of network.
    """
    done = ask(session, "endpoint_move", endpoint=name, to=to)
    where = "roaming" if to == "roaming" else f"at the office, as {done['address']}"
    emit(session, {"computer": name, **done}, lambda: f"{name} is {where}")


@endpoint.command()
@name_argument
@click.argument("url")
@click.option("--proceed", is_flag=True, help="If a warning comes, go past it.")
@click.option("--page", is_flag=True, help="Print the page too.")
@click.pass_obj
def browse(session: Session, name: str, url: str, proceed: bool, page: bool) -> None:
    """Fetch a page as the person at a computer does, through its Web Control."""
    got = ask(session, "endpoint_browse", endpoint=name, url=url, proceed=proceed)
    past = ", past a warning" if got["proceeded"] else ""
    line = printable(f"{got['status']}  {url}  {got['title']}{past}")
    body = f"\n{printable(got['text'])}" if page else ""
    emit(session, {"computer": name, **got}, lambda: f"{line}{body}")
