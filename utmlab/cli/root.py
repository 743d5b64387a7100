"""The root of the command line: the table of commands, and one way to fail.

Provenance: the list of commands is the design's.
"""

import sqlite3
import sys
from collections.abc import Sequence
from typing import Any, Final

import click

from foundation.errors import DomainError
from utmlab.cli.failures import INTERRUPTED, report, report_error
from utmlab.cli.lazy import Entry, LazyGroup
from utmlab.cli.session import Session

COMMANDS: Final = {
    "up": Entry("utmlab.cli.up:up", "Run the lab until Ctrl-C."),
    "demo": Entry("utmlab.cli.demo:demo", "Tell the whole story once, on real parts."),
    "env": Entry("utmlab.cli.env:env", "Print where everything is, as shell variables."),
    "status": Entry("utmlab.cli.status:status", "Show the UTM, LiveConnect and the computers."),
    "doctor": Entry("utmlab.cli.doctor:doctor", "Say what waits or is wrong, and since when."),
    "ca": Entry("utmlab.cli.ca:ca", "Print the certificate of LiveConnect's CA."),
    "export": Entry("utmlab.cli.lab_file:export_command", "Write the lab as one file."),
    "apply": Entry("utmlab.cli.lab_file:apply_command", "Bring the lab to what a file says."),
    "utm": Entry("utmlab.cli.utm:utm", "Endpoint Protection: switch, registration, installer."),
    "group": Entry("utmlab.cli.group:group", "Endpoint groups and who is in them."),
    "endpoint": Entry("utmlab.cli.endpoint:endpoint", "Computers: install, look at, browse."),
    "policy": Entry("utmlab.cli.policy:policy", "Web policy: show, edit, ask for a verdict."),
    "categories": Entry(
        "utmlab.cli.categories:categories", "Lists of categorised sites for LiveConnect."
    ),
    "redirector": Entry(
        "utmlab.cli.redirector:redirector", "Answer squid's URL rewriter lines by a web policy."
    ),
    "command": Entry("utmlab.cli.command:command", "Commands to endpoints."),
    "snapshot": Entry(
        "utmlab.cli.snapshot:snapshot", "Save the whole lab under a name, and bring it back."
    ),
    "clock": Entry("utmlab.cli.clock:clock", "Show and advance the lab's time."),
    "trace": Entry("utmlab.cli.trace:trace", "Follow a changeset, hop by hop."),
    "log": Entry("utmlab.cli.log:log", "View, follow, judge, take apart and explain log files."),
    "journal": Entry(
        "utmlab.cli.journal:journal",
        "Show the exchanges that endpoints and UTMs had with LiveConnect.",
    ),
    "fault": Entry("utmlab.cli.fault:fault", "Have something go wrong, on purpose."),
    "mcs": Entry("utmlab.cli.mcs:mcs", "Check an MCS server or a client, ours or any other."),
    "fleet": Entry(
        "utmlab.cli.fleet:fleet", "Thousands of light endpoints, by the MCS Client's own rules."
    ),
    "completion": Entry("utmlab.cli.completion:completion", "Print the completion of a shell."),
}


class Root(LazyGroup):
    """The command `utmlab`."""

    def main(  # type: ignore[override] # narrower: always our own name and our own failures
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,  # noqa: ARG002 - `python -m utmlab` is `utmlab` too
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> int:
        """Run, tell a failure in one sentence, and end with the exit code."""
        given = list(sys.argv[1:] if args is None else args)
        session = Session(as_json="--json" in given)
        try:
            result = super().main(given, "utmlab", complete_var, False, **extra)
            code = result if isinstance(result, int) else 0
        except click.Abort:
            code = report(session, "interrupted", "interrupted", "", INTERRUPTED)
        except (DomainError, click.ClickException, OSError, sqlite3.Error) as error:
            code = report_error(session, error)
        if standalone_mode:
            sys.exit(code)
        return code


@click.command(
    cls=Root,
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="utmlab", message="utmlab %(version)s")
def root() -> None:
    """A UTM, LiveConnect and managed endpoints on this machine.

    Data goes to standard output, everything else to standard error. Exit codes: 0 ok, 1 failed,
    2 usage, 3 not running, 4 timed out, 5 degraded, 6 protected against tampering.
    What reads stored state works with nothing running.
    """


def main() -> None:
    """Run the command line."""
    root.main()
