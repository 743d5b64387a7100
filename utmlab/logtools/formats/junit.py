"""Findings as JUnit XML, which CI servers show as tests: one suite per file, one case per rule.

A rule of errors that found something is a failure; warnings and notes are told in the output of
their case, since they do not end a run with 1 either.
"""

import re
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from utmlab.logtools.findings import Finding
from utmlab.logtools.formats.judged import JudgedFile
from utmlab.logtools.formats.text import finding_text
from utmlab.logtools.rules import RULES, Rule

_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(files: Iterable[JudgedFile]) -> str:
    """Return a document with a suite for each file."""
    suites = "\n".join(_suite(file) for file in files)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{suites}\n</testsuites>'


def _suite(file: JudgedFile) -> str:
    cases = [(rule, [f for f in file.findings if f.rule == rule.code]) for rule in RULES]
    failures = sum(1 for rule, found in cases if found and rule.severity == "error")
    head = f'<testsuite name={_attribute(file.name)} tests="{len(cases)}" failures="{failures}">'
    body = "\n".join(_case(file.name, rule, found) for rule, found in cases)
    return f"{head}\n{body}\n</testsuite>"


def _case(name: str, rule: Rule, found: list[Finding]) -> str:
    attributes = (
        f"classname={_attribute(rule.code)} name={_attribute(f'{rule.name}: {rule.title}')}"
    )
    if not found:
        return f"<testcase {attributes}/>"
    text = escape(_xml_text("\n".join(finding_text(name, one) for one in found)))
    if rule.severity == "error":
        message = _attribute(f"{len(found)} found")
        return f"<testcase {attributes}><failure message={message}>{text}</failure></testcase>"
    return f"<testcase {attributes}><system-out>{text}</system-out></testcase>"


def _attribute(text: str) -> str:
    return quoteattr(_xml_text(text))


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
