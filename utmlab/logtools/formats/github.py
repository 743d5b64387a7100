"""Findings as workflow commands, which GitHub shows beside the lines of a change (public form)."""

from typing import Final

from utmlab.logtools.findings import Finding

_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}
_IN_MESSAGE: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY: Final = {**_IN_MESSAGE, ":": "%3A", ",": "%2C"}


def github_command(name: str, finding: Finding) -> str:
    """Return a finding as `::error file=...,line=...::message`; a command is one line."""
    column = f",col={finding.column}" if finding.column else ""
    title = _escaped(f"{finding.rule} {finding.code}", _IN_PROPERTY)
    message = _escaped(" ".join(filter(None, (finding.message, finding.hint))), _IN_MESSAGE)
    place = f"file={_escaped(name, _IN_PROPERTY)},line={max(finding.line, 1)}{column}"
    return f"::{_COMMANDS[finding.severity]} {place},title={title}::{message}"


def _escaped(text: str, replacements: dict[str, str]) -> str:
    return "".join(replacements.get(letter, letter) for letter in text)
