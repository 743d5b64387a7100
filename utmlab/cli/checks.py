"""What both conformance checks can do with their findings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from foundation.durable.files import write_atomic
from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit
from utmlab.cli.session import Session
from utmlab.conformance.finding import Verdict
from utmlab.conformance.report import Report


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what both checks can do with their findings."""
    for option in (
        click.option(
            "--xfail",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Rules expected to fail, one id a line; one that passes is a failure.",
        ),
        click.option(
            "--junit",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Write the findings as JUnit's XML, too.",
        ),
        click.option("--rule", multiple=True, help="Only this rule, by its id; may be repeated."),
    ):
        command = option(command)
    return command


def finish(ctx: click.Context, session: Session, report: Report, junit: Path | None) -> None:
    """Tell the sums, write what is asked for, and end with the exit code.

    A run in which nothing was seen proves nothing, so it has failed.
    """
    if junit is not None:
        write_atomic(junit.absolute(), report.as_junit(f"utmlab.mcs.{ctx.info_name}").encode())
    emit(session, report.as_record(), report.sums)
    seen = any(one.verdict is not Verdict.NOT_SEEN for one in report.findings)
    ctx.exit(ExitCode.OK if report.conforms and seen else ExitCode.FAILED)
