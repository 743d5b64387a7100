"""Findings for people, one per line, and a summary by rule."""

from collections.abc import Iterator

from utmlab.journal import printable
from utmlab.logtools.findings import Finding, LintSummary
from utmlab.logtools.rules import RULES


def finding_text(name: str, finding: Finding) -> str:
    """Return a finding as `FILE:LINE:COLUMN: severity: message [UL001 name] hint`."""
    hint = f" {printable(finding.hint)}" if finding.hint else ""
    place = f"{name}:{finding.line}:{finding.column}"
    rule = f"[{finding.rule} {finding.code}]"
    return f"{place}: {finding.severity}: {printable(finding.message)} {rule}{hint}"


def summary_lines(name: str, summary: LintSummary) -> Iterator[str]:
    """Yield how much was found, and for each rule in how many lines."""
    yield (
        f"{name}: {summary.lines} lines, {summary.errors} errors, {summary.warnings} warnings, "
        f"{summary.notes} notes"
    )
    for rule in RULES:
        count = summary.rules.get(rule.code, 0)
        if count:
            times = f"{count} line{'' if count == 1 else 's'}"
            yield f"  {rule.code} {rule.severity:7} {times:>12}  {rule.title}"
