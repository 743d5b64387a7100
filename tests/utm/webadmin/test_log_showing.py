"""Log lines as a page shows them: whatever they hold, nothing of it works or hides."""

import re
import unicodedata
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utm.logs.shelf import StoredLog
from utm.logs.windows import LogLine
from utm.webadmin.filters import size
from utm.webadmin.harmless import harmless, with_code
from utm.webadmin.pages.log_showing import LONGEST_SHOWN, line_html, mark_of, shown_line

HEAD = "2026:11:20-09:30:00 utm eplog[1]: "


def shown(data, tmp_path):
    stored = StoredLog(folder=tmp_path, log="eplog")
    return shown_line(stored, LogLine(7, data, len(data)))


@given(st.binary(max_size=200))
def test_whatever_bytes_a_line_holds_no_markup_and_no_odd_letter_comes_through(data):
    html = str(line_html(data.decode("utf-8", "surrogateescape")))
    text = re.sub(r'</?span(?: class="[a-z -]+")?>', "", html)

    assert "<" not in text
    assert ">" not in text
    odd = {unicodedata.category(one) for one in text.replace("\n", "")} & {"Cc", "Cf", "Cs"}
    assert odd == set()


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=100))
def test_a_plain_line_is_shown_to_the_letter(text):
    line = f'{HEAD}id="0001" name="{text}"'
    assert unescape(re.sub(r"</?span[^>]*>", "", str(line_html(line)))) == line


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\u202eb", 'a<span class="log-odd">U+202E</span>b'),
        ("\x1b[31m", '<span class="log-odd">U+001B</span>[31m'),
        ("\udcff", '<span class="log-odd">\\xff</span>'),
        ("مرحبا", "مرحبا"),
        ("<b>", "&lt;b&gt;"),
    ],
)
def test_odd_letters_are_shown_by_number(text, html):
    assert str(harmless(text)) == html


def test_code_between_backticks_is_escaped_too():
    assert str(with_code("a `<b>` <c>")) == "a <code>&lt;b&gt;</code> &lt;c&gt;"


def test_a_long_line_is_cut_and_says_by_how_much(tmp_path):
    found = shown(b"x" * (LONGEST_SHOWN + 5), tmp_path)

    assert found.left_out == 5
    assert len(found.html) == LONGEST_SHOWN


def test_a_line_is_named_by_its_bytes():
    assert mark_of(LogLine(0, b"a", 1)) != mark_of(LogLine(0, b"b", 1))


@pytest.mark.parametrize(
    ("pairs", "kind"),
    [
        ('severity="info" sub="http" action="block"', "error"),
        ('severity="info" sub="http" action="warn"', "warning"),
        ('severity="error" sub="epsecd"', "error"),
        ('severity="info" sub="http" action="pass"', ""),
    ],
)
def test_what_was_blocked_is_seen_at_once(tmp_path, pairs, kind):
    assert shown(f'{HEAD}id="0001" {pairs}'.encode(), tmp_path).kind == kind


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (512 << 20, "512 MB"), (3 << 30, "3.0 GB")],
)
def test_sizes_are_read_at_a_glance(count, text):
    assert size(count).replace("\N{NO-BREAK SPACE}", " ") == text
