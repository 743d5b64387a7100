"""The fast path makes lint faster, never quieter."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utm.logs.catalogue import LOG_PROFILES, Daemon, catalogue
from utmlab.logtools.fast_path import HEADER, forms
from utmlab.logtools.lint import Linter
from utmlab.logtools.reading import split_lines

AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
RECEIVED, ELSEWHERE = "Nov 21 08:00:00 box ", "Nov 21 10:00:00 box "
LETTERS = '"= \\\r|x9,-<>\u201d\xe9'


def line_of(message, profile="9.7"):
    daemon = Daemon(
        process=message.process, pid=7, host="utm", zone=ZoneInfo("UTC"), profile=profile
    )
    leading = {"id", "severity", "sys", "sub", "name"}
    values = {key: "1" for key in message.keys if key not in {*leading, "eventtime"}}
    return daemon.line(message.slug, AT, values)


MESSAGES = [message for message in catalogue().messages if not message.open_keys]
LINES = sorted({line_of(message, one) for message in MESSAGES for one in LOG_PROFILES})


def findings(data: bytes, *, is_fast: bool):
    linter = Linter()
    if not is_fast:
        linter._forms = {}
    found = list(linter.lint(split_lines(io.BytesIO(data))))
    return found, linter.summary


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.slug)
@pytest.mark.parametrize("profile", LOG_PROFILES)
def test_every_message_in_every_version_has_no_more_than_notes(message, profile):
    _, summary = findings(f"{line_of(message, profile)}\n".encode(), is_fast=False)
    assert (summary.errors, summary.warnings) == (0, 0)


@pytest.mark.parametrize("profile", LOG_PROFILES)
def test_web_lines_of_every_version_are_accepted_quickly(profile):
    data = line_of(catalogue().message("web_access"), profile).encode()
    header = HEADER.match(data)
    assert header is not None
    its_forms = forms()[header["process"], header["id"]]
    assert any(form.accept.fullmatch(data, header.end()) for form in its_forms)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(LINES),
            st.lists(st.tuples(st.integers(0, 900), st.sampled_from(LETTERS)), max_size=2),
            st.sampled_from(["", "<30>", "Nov 20 23:38:06 relay <30>", RECEIVED, ELSEWHERE]),
        ),
        max_size=8,
    )
)
def test_changed_lines_are_judged_the_same_with_and_without_it(drawn):
    made = []
    for line, changes, prefix in drawn:
        for place, letter in changes:
            at = place % len(line)
            line = line[:at] + letter + line[at + 1 :]  # noqa: PLW2901
        if prefix in {RECEIVED, ELSEWHERE}:
            line = f"{line[:5]} {line[5:]}"  # noqa: PLW2901
        made.append(f"{prefix}{line}\n")
    data = "".join(made).encode()
    assert findings(data, is_fast=True) == findings(data, is_fast=False)


@given(st.lists(st.sampled_from([line for line in LINES if " epsecd[" in line]), max_size=12))
def test_what_lines_tell_together_is_the_same_with_and_without_it(lines):
    data = "".join(f"{line}\n" for line in lines).encode()
    assert findings(data, is_fast=True) == findings(data, is_fast=False)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('category="1"', 'category="1,2"', "parallel_lists"),
        ('size="1"', 'size=""', "not_a_number"),
        ('srcip="1"', 'srcip=""', "empty_address"),
        ('url="1"', 'url="1" url="1"', "repeated_key"),
        (' category="1"', "", "no_category"),
        ('name="http access"', 'name="other"', "unknown_name"),
        ("2026:11:21-08:00:00", "2026:11:21-07:00:00", "time_went_back"),
        ("2026:11:21-08:00:00", "2026:02:30-08:00:00", "stamp"),
        (' group="1"', "", "version_changed"),
        ("sandbox", "\u00e9", "pair"),
    ],
)
def test_a_suspect_behind_good_lines_is_not_accepted(old, new, rule):
    good = line_of(catalogue().message("web_access"))
    assert old in good
    data = f"{good}\n{good}\n{good.replace(old, new)}\n".encode()
    found, _ = findings(data, is_fast=True)
    assert rule in {one.code for one in found if one.line == 3}
    assert findings(data, is_fast=False)[0] == found
