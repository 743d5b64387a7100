"""lint: is this a UTM log, is it whole, and does anything in it stand out?

* Streaming: a file of any size is judged line by line with bounded memory.
* The grammar is `utm.logs.grammar`, what is known of ids is the catalogue, the rules are `rules`.
* A well-formed line is accepted by one expression (`fast_path`); only suspects are taken apart.
* What a transport put around a line comes off first, so that every other rule sees the line as it
  was on the UTM's disk; columns are those of the text as it was read.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from utm.logs.grammar import LineMalformedError, ParsedLine, parse_line
from utmlab.logtools.advice_rules import advice_said
from utmlab.logtools.fast_path import HEADER, STORED, Form, forms
from utmlab.logtools.findings import Finding, LintSummary, Said
from utmlab.logtools.line_rules import broken_said, bytes_said, pasted_said, transport_said
from utmlab.logtools.reading import ArchiveDamagedError, RawLine, read_lines
from utmlab.logtools.record_rules import record_said
from utmlab.logtools.rules import BY_NAME, DEFAULT
from utmlab.logtools.story_rules import Story
from utmlab.logtools.time_rules import STAMP_LENGTH, TimeOrder, zone_said
from utmlab.logtools.transport import unwrap
from utmlab.logtools.web_rules import web_said

MOST_TOLD: Final = 10_000
"""Different messages of rules that are told once; what comes after them is told each time."""


class Linter:
    """Judges the lines of one log in their order; `summary` is valid at any time.

    Args:
        rules: The names of the rules that run.
    """

    def __init__(self, rules: frozenset[str] = DEFAULT) -> None:
        self._rules = rules
        self._has_advice = not rules <= DEFAULT
        self._forms = forms()
        self._counts = {"error": 0, "warning": 0, "note": 0}
        self._by_rule: dict[str, int] = {}
        self._told: set[tuple[str, str]] = set()
        self._priorities: dict[bytes, tuple[Said, ...]] = {}
        self._clocks: tuple[bytes, bytes] | None = None
        self._stored: tuple[Said, ...] = ()
        self._endings: dict[bytes, tuple[Said, ...]] = {}
        self._dates: set[bytes] = set()
        self._lines = 0
        self._time = TimeOrder()
        self._story = Story(follows_profiles=self._has_advice)

    @property
    def summary(self) -> LintSummary:
        """What was counted so far."""
        counts = self._counts
        return LintSummary(
            lines=self._lines,
            errors=counts["error"],
            warnings=counts["warning"],
            notes=counts["note"],
            rules={code: self._by_rule[code] for code in sorted(self._by_rule)},
        )

    def lint(self, lines: Iterable[RawLine]) -> Iterator[Finding]:
        """Yield the findings of a stream of lines."""
        for raw in lines:
            self._lines += 1
            if raw.is_ended and not self._has_advice:
                said = self._accepted(raw.data)
                if said is not None:
                    yield from self._found(self._lines, said)
                    continue
            yield from self._found(raw.number, self._judge(raw))
        yield from self._found(self._lines, self._story.end(self._time.last_stamp))

    def lint_file(self, path: Path) -> Iterator[Finding]:
        """Yield the findings of a file or archive.

        Raises:
            LogUnreadableError: when the file cannot be opened.
        """
        try:
            yield from self.lint(read_lines(path))
        except ArchiveDamagedError as error:
            said = Said("archive_damaged", str(error), error.hint)
            yield from self._found(self._lines, [said])

    def _found(self, number: int, said: Iterable[Said]) -> Iterator[Finding]:
        for one in said:
            if one.name not in self._rules:
                continue
            rule = BY_NAME[one.name]
            self._by_rule[rule.code] = self._by_rule.get(rule.code, 0) + 1
            if rule.once and self._was_told(one):
                continue
            self._counts[rule.severity] += 1
            yield Finding(
                severity=rule.severity,
                code=rule.name,
                rule=rule.code,
                line=number,
                column=one.column,
                message=one.message,
                hint=one.hint,
                is_fixable=one.is_fixable,
            )

    def _was_told(self, said: Said) -> bool:
        subject = said.name, said.message
        if subject in self._told:
            return True
        if len(self._told) < MOST_TOLD:
            self._told.add(subject)
        return False

    def _accepted(self, data: bytes) -> Iterable[Said] | None:
        """Accept a line as well-formed, with what it adds to the story; None for a suspect."""
        said: tuple[Said, ...] = ()
        if data[:1] == b"<":
            data, said = self._without_priority(data)
        elif data[:1].isupper():
            data, said = self._without_receiver(data)
        header = HEADER.match(data)
        if header is None:
            return None
        date, process, message_id = header.groups()
        if data[-1:] == b" " and process in self._endings:
            data, said = data[:-1], (*said, *self._endings[process])
        stamp = data[:STAMP_LENGTH]
        if stamp < self._time.last or date not in self._dates or not data.isascii():
            return None
        for form in self._forms.get((process, message_id), ()):
            if self._has_form(form, data, header.end()):
                self._time.last = stamp
                return said if not form.story_id else (*said, *self._told_by(form))
        return None

    def _has_form(self, form: Form, data: bytes, start: int) -> bool:
        body = form.accept.fullmatch(data, start)
        if body is None:
            return False
        if form.has_lists:
            ids, names = body.group("category", "categoryname")
            if ids.count(b",") != names.count(b","):
                return False
        return form.has_group is None or form.has_group == self._story.web_has_group

    def _told_by(self, form: Form) -> Iterator[Said]:
        stamp = self._time.last_stamp
        if stamp is not None:
            yield from self._story.epsecd(self._lines, form.story_id, stamp)

    def _without_priority(self, data: bytes) -> tuple[bytes, tuple[Said, ...]]:
        """Take off a `<PRI>` that was told already; another one makes the line a suspect."""
        end = data.find(b">", 0, 5) + 1
        said = self._priorities.get(data[:end])
        return (data, ()) if said is None else (data[end:], said)

    def _without_receiver(self, data: bytes) -> tuple[bytes, tuple[Said, ...]]:
        """Take off a receiver's header that was judged already within the same minute."""
        found = STORED.match(data)
        if found is None or found.group("received", "stamp") != self._clocks:
            return data, ()
        return found["year"] + data[found.end() :], self._stored

    def _judge(self, raw: RawLine) -> Iterator[Said]:
        yield from bytes_said(raw)
        received = unwrap(raw.text.rstrip("\r"))
        about_transport = tuple(transport_said(received))
        yield from about_transport
        if received.transport == "pri":
            self._priorities[raw.data[: received.offset]] = about_transport
        text = received.line
        if not text:
            yield Said("empty_line", "The line is empty")
            return
        try:
            parsed = parse_line(text)
        except LineMalformedError as error:
            yield from _moved(broken_said(raw, text, error), received.offset)
            return
        if not parsed.pairs and (pasted := pasted_said(text)) is not None:
            yield pasted
            return
        self._dates.add(text[:10].encode())
        yield from self._time.judge(parsed.stamp, text)
        about_zone = tuple(zone_said(received, parsed.stamp))
        yield from about_zone
        if (stored := STORED.match(raw.data)) is not None:
            self._clocks = stored["received"], stored["stamp"]
            self._stored = (*about_transport, *about_zone)
        yield from self._judge_record(raw.number, parsed)

    def _judge_record(self, number: int, parsed: ParsedLine) -> Iterator[Said]:
        about_record = tuple(record_said(parsed))
        yield from about_record
        if parsed.trailing_space:
            said = tuple(one for one in about_record if one.name == "trailing_space")
            self._endings[parsed.process.encode()] = said
        yield from web_said(parsed)
        yield from self._story.follow(number, parsed)
        if self._has_advice:
            yield from advice_said(parsed)


def _moved(said: Iterable[Said], offset: int) -> Iterator[Said]:
    """Make columns those of the text that was read."""
    for one in said:
        is_moved = offset and one.column and one.name != "cut_at_limit"
        yield one._replace(column=one.column + offset) if is_moved else one
