"""`utmlab policy switch`: how the UTM reads the doubtful rules of the filter."""

from contextlib import closing

import click

from foundation.webfilter.switches import SWITCHES
from utm.switches import switches_view
from utmlab.cli.asking import ask, wait_compliant
from utmlab.cli.output import emit
from utmlab.cli.session import LabCommand, Session
from utmlab.cli.waiting import wait_option
from utmlab.stored import open_utm


def _names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in SWITCHES if name.startswith(incomplete)]


@click.command(cls=LabCommand)
@click.argument("name", default="", shell_complete=_names)
@click.argument("value", default="")
@wait_option
@click.pass_obj
def switch(session: Session, name: str, value: str, wait: float | None) -> None:
    """Show how the doubtful rules of the filter are read, or read one in another way.

    Without arguments all are shown, from stored state; with NAME one; with NAME and VALUE it is
    set on the UTM and travels to the endpoints. docs/fidelity.md tells where each comes from.
    """
    if value:
        done = ask(session, "switch_set", name=name, value=value)
        wait_compliant(session, done["changeset"], wait)
        emit(session, done, lambda: f"{name} = {value}")
        return
    if name and name not in SWITCHES:
        raise click.BadParameter(f"no switch is called {name!r}; there are {', '.join(SWITCHES)}")
    with closing(open_utm(session.places)) as utm:
        rows = [row for row in switches_view(utm.snapshot()) if name in ("", row["name"])]
    emit(session, {"switches": rows}, lambda: "\n".join(_line(row) for row in rows))


def _line(row: dict[str, object]) -> str:
    is_default = row["set_by"] == "default"
    mark = "" if is_default else f" (default {row['default']}; set by {row['set_by']})"
    values = row["values"]
    choices = ", ".join(map(str, values)) if isinstance(values, list) else ""
    return (
        f"{row['name']} = {row['value']}{mark}\n    {row['meaning']} [{choices}]\n"
        f"    source: {row['provenance']}"
    )
