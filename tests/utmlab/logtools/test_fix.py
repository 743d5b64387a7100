"""fix: the article's lines become LOG-03's bytes; nothing else is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utmlab.logtools.fix import fix_line, is_pasted

RDQ, LDQ, PRIME = "\u201d", "\u201c", "\u2033"
HEAD = "filter epsecd[5666]: I"
TAIL = 'severity="info" sys="System" sub="epsecd"'
PASTED_TAIL = f"severity={RDQ}info{PRIME} sys={RDQ}System{RDQ} sub={RDQ}epsecd{RDQ}"
PUSHED = "Sending data to Sophos LiveConnect to sync UTM Web Policy Changeset"
RECEIVED = "Received report(s) from Sophos LiveConnect"
ACKNOWLEDGED = f"name={RDQ}Acknowledging report(s){RDQ} reports={RDQ}-1,-1{PRIME}"
PASTED = (
    f"2018:07:26-17:57:33 {HEAD} id={RDQ}4233{PRIME} {PASTED_TAIL} name={RDQ}{PUSHED}{LDQ} |",
    f"2018:07:26-17:56:40 {HEAD} id={RDQ}4212{PRIME} {PASTED_TAIL} {ACKNOWLEDGED} |",
    f"2018:07:26-17:57:33 {HEAD} id={RDQ}4211{PRIME} {PASTED_TAIL} name={RDQ}{RECEIVED}{LDQ} |",
)
GOLDEN = (
    f'2018:07:26-17:57:33 {HEAD} id="4233" {TAIL} name="{PUSHED}"',
    f'2018:07:26-17:56:40 {HEAD} id="4212" {TAIL} name="Acknowledging report(s)" reports="-1,-1"',
    f'2018:07:26-17:57:33 {HEAD} id="4211" {TAIL} name="{RECEIVED}"',
)
ARTICLE = list(zip(PASTED, GOLDEN, strict=True))


@pytest.mark.parametrize(("pasted", "golden"), ARTICLE)
def test_log_03_article_lines_become_the_golden_bytes(pasted, golden):
    fixed = fix_line(pasted)
    assert fixed.line == golden
    assert len(fixed.changes) == 2


@pytest.mark.parametrize(("pasted", "golden"), ARTICLE)
def test_restored_line_is_not_touched_again(pasted, golden):
    assert fix_line(golden).changes == ()
    assert is_pasted(pasted)
    assert not is_pasted(golden)


def test_quotes_inside_a_value_stay():
    pasted = f"2018:07:26-17:57:33 utm e[1]: id={RDQ}1{RDQ} name={RDQ}a {LDQ}b{RDQ} c{RDQ} |"
    assert fix_line(pasted).line == (f'2018:07:26-17:57:33 utm e[1]: id="1" name="a {LDQ}b{RDQ} c"')


def test_right_line_with_typographic_values_is_not_pasted():
    line = f'2018:07:26-17:57:33 utm e[1]: id="1" name="a b={RDQ}c{RDQ} d={RDQ}e{RDQ} f"'
    assert fix_line(line).line == line


def test_no_break_spaces_and_outer_blanks_go():
    pasted = '\ufeff | 2018:07:26-17:57:33\u00a0utm\u00a0e[1]: id="1"\u00a0 name="a" \r\n'
    assert fix_line(pasted).line == '2018:07:26-17:57:33 utm e[1]: id="1" name="a"'


@pytest.mark.parametrize(
    "text",
    ["", "no log", '2018:07:26-17:57:33 utm ulogd[1]: id="1" ', f"a table {RDQ}cell{RDQ} |"],
)
def test_what_cannot_or_need_not_be_restored_stays(text):
    assert fix_line(text).line == text


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"\A[a-z]{1,8}\Z"),
            st.text(st.characters(blacklist_characters='"=|\r\n', max_codepoint=0x2FF)),
        ),
        min_size=1,
    ),
    st.sampled_from([RDQ + PRIME, RDQ + RDQ, LDQ + RDQ, RDQ + LDQ]),
)
def test_any_pasted_record_comes_back(pairs, quotes):
    head = "2018:07:26-17:57:33 utm epsecd[1]: I"
    opening, closing = quotes
    pasted = " ".join([head, *(f"{key}={opening}{value}{closing}" for key, value in pairs), "|"])
    assert fix_line(pasted).line == " ".join([head, *(f'{key}="{value}"' for key, value in pairs)])
