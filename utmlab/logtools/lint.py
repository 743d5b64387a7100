"""lint: is this a UTM log, is it whole, and does anything in it stand out?

* Streaming: a file of any size is judged line by line with bounded memory.
* The rules of the grammar are `utm.logs.grammar`, what is known of ids is the catalogue.
* Damage is recognised by its marks: two records on one line, a line that a receiver rewrote, a
  last line that stops, carriage returns, a paste from a web page.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from utm.logs.grammar import LineMalformedError, ParsedLine, parse_line, split_priority
from utmlab.logtools.findings import Finding, LintSummary, Severity
from utmlab.logtools.fix import TYPOGRAPHIC_QUOTES, fix_line
from utmlab.logtools.reading import LONGEST_LINE, ArchiveDamagedError, RawLine, read_lines
from utmlab.logtools.record_rules import record_findings

TOLERATED_STEP_BACK = timedelta(seconds=2)
"""Threads of one daemon log a moment late now and then."""

_RESTORABLE = "--fix restores it."
_STAMP_SAMPLE = "2018:07:26-17:57:33"
_GLUED = re.compile(
    r'"(?:<\d{1,3}>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?|(?=\d{4}:\d\d:\d\d-\d\d:\d\d:\d\d ))'
    r"\S"
)
_PASTE_MARKS = re.compile(rf"[{TYPOGRAPHIC_QUOTES}\u00a0\ufeff|]")
_MANGLED = re.compile(
    r"(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?P<receiver>\S+ )?\d{4}: ?"
    r"\d\d:\d\d-\d\d:\d\d:\d\d "
)


class Linter:
    """Judges the lines of one log in their order; `summary` is valid at any time."""

    def __init__(self) -> None:
        self._counts = {"error": 0, "warning": 0, "note": 0}
        self._lines = 0
        self._last_stamp: datetime | None = None

    @property
    def summary(self) -> LintSummary:
        """What was counted so far."""
        counts = self._counts
        return LintSummary(self._lines, counts["error"], counts["warning"], counts["note"])

    def lint(self, lines: Iterable[RawLine]) -> Iterator[Finding]:
        """Yield the findings of a stream of lines."""
        for raw in lines:
            self._lines += 1
            yield from self._counted(self._judge(raw))

    def lint_file(self, path: Path) -> Iterator[Finding]:
        """Yield the findings of a file or archive.

        Raises:
            LogUnreadableError: when the file cannot be opened.
        """
        try:
            yield from self.lint(read_lines(path))
        except ArchiveDamagedError as error:
            found = _finding("error", "archive_damaged", self._lines, 0, str(error), error.hint)
            yield from self._counted([found])

    def _counted(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            self._counts[finding.severity] += 1
            yield finding

    def _judge(self, raw: RawLine) -> Iterator[Finding]:
        yield from _transport_findings(raw)
        priority, text = split_priority(raw.text.rstrip("\r"))
        if priority is not None:
            yield _finding(
                "note",
                "priority_prefix",
                raw.number,
                1,
                f"<{priority}> belongs to the transport, not to the line on disk",
            )
        if not text:
            yield _finding("warning", "empty_line", raw.number, 0, "The line is empty")
            return
        try:
            parsed = parse_line(text)
        except LineMalformedError as error:
            if raw.is_ended or not _may_be_cut(text, error):
                yield _broken(raw.number, text, error)
            return
        if not parsed.pairs and (fixed := _pasted(raw.number, text)) is not None:
            yield fixed
            return
        yield from self._order_of_time(raw.number, parsed)
        yield from record_findings(raw.number, parsed)

    def _order_of_time(self, number: int, parsed: ParsedLine) -> Iterator[Finding]:
        last, self._last_stamp = self._last_stamp, parsed.stamp
        if last is None or last - parsed.stamp <= TOLERATED_STEP_BACK:
            return
        step = last - parsed.stamp
        hint = "Lines of several files put together, or a clock that was set back."
        if step <= timedelta(hours=1):
            hint += " In the hour after summer time ends this is right: stamps carry no zone."
        yield _finding(
            "warning", "time_went_back", number, 1, f"The stamp is {step} before the last one", hint
        )


def _transport_findings(raw: RawLine) -> Iterator[Finding]:
    if not raw.is_ended:
        if len(raw.data) >= LONGEST_LINE:
            message, hint = f"More than {LONGEST_LINE} bytes without a line feed", "Not a log file?"
        else:
            message, hint = "The last line has no line feed", "The file was cut off while written."
        yield _finding("warning", "no_line_feed", raw.number, 0, message, hint)
    if raw.data.endswith(b"\r"):
        hint = "The file went through a system that ends lines with CR LF."
        yield _finding(
            "warning", "carriage_return", raw.number, len(raw.data), "CR at the end", hint
        )
    try:
        raw.data.decode()
    except UnicodeDecodeError as error:
        column = error.start + 1
        yield _finding("warning", "not_utf8", raw.number, column, "The line is not UTF-8")


def _may_be_cut(text: str, error: LineMalformedError) -> bool:
    """Whether a last line without line feed is the beginning of a right one."""
    return error.reason in {"header", "pair", "unterminated"} or len(text) < len(_STAMP_SAMPLE)


def _broken(number: int, text: str, error: LineMalformedError) -> Finding:
    if (glued := _GLUED.search(text)) is not None:
        return _finding(
            "warning",
            "glued_records",
            number,
            glued.start() + 2,
            "A second record begins in the middle of the line",
            "A daemon wrote a record without line feed (seen on real UTMs).",
        )
    if _MANGLED.match(text):
        return _finding(
            "warning",
            "rewritten_by_receiver",
            number,
            1,
            "A syslog receiver took the year for a tag and put its own header in front",
            "Receive raw, or match the rewritten form: `YYYY: MM:DD-HH:MM:SS host process[pid]:`.",
        )
    is_fixable = bool(fix_line(text).changes)
    return _pasted(number, text) or Finding(
        severity="error",
        code=error.reason,
        line=number,
        column=error.column + 1,
        message=str(error),
        hint=_RESTORABLE if is_fixable else "",
        is_fixable=is_fixable,
    )


def _pasted(number: int, text: str) -> Finding | None:
    if not _PASTE_MARKS.search(text) or not (fixed := fix_line(text)).changes:
        return None
    return Finding(
        severity="error",
        code="pasted",
        line=number,
        column=0,
        message="A line pasted from a page: " + "; ".join(fixed.changes),
        hint=_RESTORABLE,
        is_fixable=True,
    )


def _finding(  # noqa: PLR0917 - the order of Finding's own fields
    severity: Severity, code: str, line: int, column: int, message: str, hint: str = ""
) -> Finding:
    return Finding(
        severity=severity, code=code, line=line, column=column, message=message, hint=hint
    )
