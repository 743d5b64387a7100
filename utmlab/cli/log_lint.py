"""`utmlab log lint`: is this a UTM log, is it whole, does anything stand out?"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import click

from utmlab.cli.failures import ExitCode
from utmlab.cli.output import emit
from utmlab.cli.session import LabCommand, Session
from utmlab.logtools.findings import Finding
from utmlab.logtools.fix import fix_line
from utmlab.logtools.formats.github import github_command
from utmlab.logtools.formats.judged import JudgedFile
from utmlab.logtools.formats.junit import junit_xml
from utmlab.logtools.formats.sarif import sarif_log
from utmlab.logtools.formats.text import finding_text, summary_lines
from utmlab.logtools.lint import Linter
from utmlab.logtools.reading import RawLine, read_lines, split_lines
from utmlab.logtools.rules import UnknownRuleError, selected

STDIN: Final = "-"
STREAMED: Final = {"text": finding_text, "github": github_command}
FORMATS: Final = ("text", "json", "github", "sarif", "junit")


@dataclass(slots=True)
class Run:
    """What one run of lint was told, and what it keeps for a document at the end."""

    form: str
    rules: frozenset[str]
    fix: bool
    quiet: bool
    restored: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_streamed(self) -> bool:
        """Whether findings are written as they come; otherwise they are kept."""
        return self.form in STREAMED


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
@click.option("--format", "form", type=click.Choice(FORMATS), help="How to tell (default: text).")
@click.option(
    "--select",
    multiple=True,
    metavar="RULES",
    help="Only these rules: UL001, UL07, a name, or ALL; with commas or several times. "
    "Rules of advice run only when they are named here.",
)
@click.option("--ignore", multiple=True, metavar="RULES", help="All but these rules.")
@click.pass_context
def lint(
    ctx: click.Context,
    files: tuple[str, ...],
    *,
    fix: bool,
    quiet: bool,
    form: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
) -> None:
    """Judge log files: errors of the grammar, probable damage, and what no public source knows.

    Plain and gzip files are read, also as a syslog receiver stored them; `-` is standard input.
    Every rule has a page: docs/lint/UL001.md. Only errors end with 1. With --fix the restored lines
    go to standard output and are judged in place of the given ones; findings then go to standard
    error, or as documents nowhere but into the JSON one.
    """
    session = ctx.find_object(Session) or Session()
    form = form or ("json" if session.as_json else "text")
    if fix and form not in {"text", "json"}:
        raise click.UsageError("--fix goes with --format text or json")
    try:
        rules = selected(_words(select), _words(ignore))
    except UnknownRuleError as error:
        raise click.UsageError(f"{error}. {error.hint}") from None
    run = Run(form, rules, fix, quiet)
    judged = [_judge(run, name) for name in files]
    _tell(session, run, judged)
    ctx.exit(max((one.summary.exit_code for one in judged), default=ExitCode.OK))


def _words(options: tuple[str, ...]) -> list[str]:
    return [word for option in options for word in option.split(",") if word.strip()]


def _judge(run: Run, name: str) -> JudgedFile:
    """Judge one file; formats that are written line by line are written on the way."""
    linter, kept = Linter(run.rules), list[Finding]()
    for finding in _findings(linter, run, name):
        if run.quiet and finding.severity == "note":
            continue
        if run.is_streamed:
            click.echo(STREAMED[run.form](name, finding), err=run.fix)
        else:
            kept.append(finding)
    if run.is_streamed:
        click.echo("\n".join(summary_lines(name, linter.summary)), err=True)
    return JudgedFile(name, kept, linter.summary)


def _findings(linter: Linter, run: Run, name: str) -> Iterator[Finding]:
    if run.fix:
        return linter.lint(_restored(_lines(name), run, name))
    if name == STDIN:
        return linter.lint(_lines(name))
    return linter.lint_file(Path(name))


def _tell(session: Session, run: Run, judged: list[JudgedFile]) -> None:
    """Write the document of those formats that are one."""
    if run.form == "json":
        session.as_json = True
        emit(session, {"files": [_record(run, file) for file in judged]}, lambda: "")
    elif run.form == "sarif":
        click.echo(json.dumps(sarif_log(judged), indent=1))
    elif run.form == "junit":
        click.echo(junit_xml(judged))


def _record(run: Run, file: JudgedFile) -> dict[str, object]:
    record: dict[str, object] = {
        "file": file.name,
        "summary": asdict(file.summary),
        "findings": [asdict(finding) for finding in file.findings],
    }
    return {**record, "lines": run.restored.get(file.name, [])} if run.fix else record


def _lines(name: str) -> Iterator[RawLine]:
    if name == STDIN:
        return split_lines(sys.stdin.buffer)
    return read_lines(Path(name))


def _restored(lines: Iterator[RawLine], run: Run, name: str) -> Iterator[RawLine]:
    """Restore lines, write them or keep them for the JSON document, and pass them on."""
    output, kept = sys.stdout.buffer, run.restored.setdefault(name, [])
    for raw in lines:
        fixed = fix_line(raw.text)
        data = fixed.line.encode("utf-8", "surrogateescape") if fixed.changes else raw.data
        is_ended = raw.is_ended or bool(fixed.changes)
        if run.form == "json":
            kept.append(data.decode("utf-8", "replace"))
        else:
            output.write(data + (b"\n" if is_ended else b""))
        yield RawLine(raw.number, data, is_ended)
    output.flush()
