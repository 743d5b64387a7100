"""Findings as a SARIF 2.1.0 log, which code hosts and editors read (public form)."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

from utmlab.logtools.findings import Finding
from utmlab.logtools.formats.judged import JudgedFile
from utmlab.logtools.rules import RULES

VERSION: Final = "2.1.0"
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif_log(files: Iterable[JudgedFile]) -> dict[str, Any]:
    """Return one run over all files, with every rule described."""
    driver = {
        "name": "utmlab log lint",
        "semanticVersion": version("utmlab"),
        "rules": [
            {
                "id": rule.code,
                "name": rule.name,
                "shortDescription": {"text": rule.title},
                "help": {"text": f"docs/lint/{rule.code}.md"},
                "defaultConfiguration": {"level": rule.severity, "enabled": not rule.is_advice},
            }
            for rule in RULES
        ],
    }
    results = [_result(file.name, finding) for file in files for finding in file.findings]
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _result(name: str, finding: Finding) -> dict[str, Any]:
    region: dict[str, int] = {"startLine": max(finding.line, 1)}
    if finding.column:
        region["startColumn"] = finding.column
    place = {"artifactLocation": {"uri": quote(name)}, "region": region}
    return {
        "ruleId": finding.rule,
        "ruleIndex": next(i for i, rule in enumerate(RULES) if rule.code == finding.rule),
        "level": finding.severity,
        "message": {"text": " ".join(filter(None, (finding.message, finding.hint)))},
        "locations": [{"physicalLocation": place}],
    }
