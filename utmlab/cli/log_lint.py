"""`utmlab log lint`: is this a UTM log, is it whole, does anything stand out?"""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit
from utmlab.cli.session import LabCommand, Session
from utmlab.journal import printable
from utmlab.logtools.findings import Finding
from utmlab.logtools.fix import fix_line
from utmlab.logtools.lint import Linter
from utmlab.logtools.reading import RawLine, read_lines, split_lines

STDIN = "-"


@click.command(cls=LabCommand)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE...",
)
@click.option(
    "--fix", is_flag=True, help="Print the lines with pasted ones restored; no file is changed."
)
@click.option("--quiet", is_flag=True, help="Leave out notes.")
@click.pass_context
def lint(ctx: click.Context, files: tuple[str, ...], fix: bool, quiet: bool) -> None:
    """Judge log files: errors of the grammar, probable damage, and what no public source knows.

    Plain and gzip files are read; `-` is standard input. Only errors end with 1. With --fix the
    restored lines go to standard output and are judged in place of the given ones.
    """
    session = ctx.find_object(Session) or Session()
    reports = [_report(session, name, fix=fix, quiet=quiet) for name in files]
    errors = sum(report["summary"]["errors"] for report in reports)
    if session.as_json:
        emit(session, {"files": reports}, lambda: "")
    ctx.exit(ExitCode.FAILED if errors else ExitCode.OK)


def _report(session: Session, name: str, *, fix: bool, quiet: bool) -> dict[str, Any]:
    """Judge one file; the text of its findings is written on the way."""
    linter, kept = Linter(), list[dict[str, Any]]()
    restored: list[str] = []
    if fix:
        findings = linter.lint(_restored(_lines(name), session, restored))
    elif name == STDIN:
        findings = linter.lint(_lines(name))
    else:
        findings = linter.lint_file(Path(name))
    for finding in findings:
        if quiet and finding.severity == "note":
            continue
        if session.as_json:
            kept.append(asdict(finding))
        else:
            click.echo(finding_text(name, finding), err=fix)
    report = {"file": name, "summary": asdict(linter.summary), "findings": kept}
    if not session.as_json:
        sums = linter.summary
        click.echo(
            f"{name}: {sums.lines} lines, {sums.errors} errors, {sums.warnings} warnings, "
            f"{sums.notes} notes",
            err=True,
        )
    return {**report, "lines": restored} if fix else report


def _lines(name: str) -> Iterator[RawLine]:
    if name == STDIN:
        return split_lines(sys.stdin.buffer)
    return read_lines(Path(name))


def _restored(lines: Iterator[RawLine], session: Session, restored: list[str]) -> Iterator[RawLine]:
    """Restore lines, write them or keep them for the JSON document, and pass them on."""
    output = sys.stdout.buffer
    for raw in lines:
        fixed = fix_line(raw.text)
        data = fixed.line.encode("utf-8", "surrogateescape") if fixed.changes else raw.data
        is_ended = raw.is_ended or bool(fixed.changes)
        if session.as_json:
            restored.append(data.decode("utf-8", "replace"))
        else:
            output.write(data + (b"\n" if is_ended else b""))
        yield RawLine(raw.number, data, is_ended)
    output.flush()


def finding_text(name: str, finding: Finding) -> str:
    """Return a finding as `FILE:LINE:COLUMN: severity: message [code]`."""
    hint = f" {finding.hint}" if finding.hint else ""
    place = f"{name}:{finding.line}:{finding.column}"
    message = printable(finding.message)
    return f"{place}: {finding.severity}: {message} [{finding.code}]{hint}"
