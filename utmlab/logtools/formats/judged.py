"""One judged file with what was found in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from utmlab.logtools.findings import Finding, LintSummary


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """A file's name as it was given, its findings in order, its summary."""

    name: str
    findings: Sequence[Finding]
    summary: LintSummary
