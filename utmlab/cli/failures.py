"""How a command ends when it cannot do what it was asked: one sentence, one exit code.

- `utmlab: sentence. hint` on standard error; with `--json` an error object instead.
- 0 ok, 1 failed, 2 usage, 3 not running, 4 timed out, 5 degraded,
  6 protected against tampering.

Provenance: ours.
"""

import json
from enum import IntEnum

import click

from foundation.errors import DomainError
from utmlab.cli.session import Session


class ExitCode(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    TIMED_OUT = 4
    DEGRADED = 5
    PROTECTED = 6


INTERRUPTED = 130
"""What a shell reports for SIGINT."""

_BY_CODE = {
    "not_running": ExitCode.NOT_RUNNING,
    "part_not_running": ExitCode.NOT_RUNNING,
    "not_compliant": ExitCode.TIMED_OUT,
    "timed_out": ExitCode.TIMED_OUT,
    "tamper_protected": ExitCode.PROTECTED,
}


def exit_code_of(error: DomainError) -> ExitCode:
    """Return the exit code of a refusal."""
    return _BY_CODE.get(error.code, ExitCode.FAILED)


def sentence(message: str, hint: str = "") -> str:
    """Return `utmlab: sentence. hint`, with one full stop between the two."""
    first = f"utmlab: {message.strip()}"
    if not hint:
        return first
    ended = first if first.endswith((".", "!", "?", "\n")) else f"{first}."
    return f"{ended} {hint.strip()}"


def report(session: Session, code: str, message: str, hint: str, exit_code: int) -> int:
    """Tell a failure on standard error and return the exit code."""
    if session.as_json:
        error = {"code": code, "message": message, "hint": hint, "exit_code": int(exit_code)}
        click.echo(json.dumps({"schema": 1, "error": error}), err=True)
    else:
        click.echo(sentence(message, hint), err=True)
    return int(exit_code)


def report_error(session: Session, error: Exception) -> int:
    """Tell what stopped a command and return the exit code."""
    if isinstance(error, DomainError):
        return report(session, error.code, str(error), error.hint, exit_code_of(error))
    if isinstance(error, click.ClickException):
        code = "usage" if isinstance(error, click.UsageError) else "failed"
        return report(session, code, error.format_message(), _usage_hint(error), error.exit_code)
    if isinstance(error, TimeoutError):
        message = str(error) or "no answer came in time"
        return report(session, "timed_out", message, "", ExitCode.TIMED_OUT)
    code = "operating_system" if isinstance(error, OSError) else "database"
    return report(session, code, str(error), "", ExitCode.FAILED)


def _usage_hint(error: click.ClickException) -> str:
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return f"`{ctx.command_path} --help` tells how it is used." if ctx is not None else ""
