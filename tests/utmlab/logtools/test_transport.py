"""What was around a line comes off, and the line is the UTM's own, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utmlab.logtools.transport import TRANSPORTS, unwrap, wrap

LINE = '2018:07:26-17:57:33 filter epsecd[5666]: I id="4233" severity="info"'
MANGLED = LINE.replace("2018:", "2018: ")


@pytest.mark.parametrize(
    ("text", "transport", "priority", "receiver"),
    [
        (LINE, "disk", None, ""),
        (f"<30>{LINE}", "pri", 30, ""),
        (f"{len(LINE) + 4} <30>{LINE}", "octet", 30, ""),
        (f"Nov 20 23:38:06 localhost {MANGLED}", "mangled", None, "localhost"),
        (f"Mar  1 00:01:01 192.168.10.1 {LINE}", "relayed", None, "192.168.10.1"),
        (f"Nov 20 23:38:06 {MANGLED}", "mangled", None, ""),
        (f"2018-07-26T15:57:33.123456+00:00 box {MANGLED}", "mangled", None, "box"),
        (f"Nov 20 23:38:06 relay <30>{LINE}", "relayed", 30, "relay"),
        (f"2018-07-26T15:57:33Z relay <30>{LINE}", "relayed", 30, "relay"),
        (f"<13>1 2018-07-26T15:57:33Z relay utm - - - {LINE}", "relayed", 13, "relay"),
        (f"<13>1 2018-07-26T15:57:33Z relay - - - - <30>{LINE}", "relayed", 30, "relay"),
    ],
)
def test_every_form_gives_back_the_line_on_disk(text, transport, priority, receiver):
    found = unwrap(text)
    assert found.line == LINE
    assert (found.transport, found.priority, found.receiver) == (transport, priority, receiver)


def test_positions_are_found_again_in_the_text():
    for text in (f"<30>{LINE}", f"Nov 20 23:38:06 box {MANGLED}", f"Nov 20 23:38:06 a <30>{LINE}"):
        found = unwrap(text)
        assert text[found.line.index("severity") + found.offset :].startswith("severity=")


@pytest.mark.parametrize("text", ["", "no line", "<192>x", "<30", "Nov 20 23:38:06 box hello"])
def test_what_has_no_such_form_comes_back_as_it_is(text):
    assert unwrap(text).line == text


def test_a_priority_before_something_else_comes_off():
    assert unwrap("<31>May 23 00:19:33 confd[1]: D").line == "May 23 00:19:33 confd[1]: D"


@given(st.text())
def test_any_text_is_taken(text):
    found = unwrap(text)
    assert text.endswith(found.line[5:])


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_is_wrapped_is_unwrapped(transport):
    found = unwrap(wrap(LINE, transport))
    assert (found.line, found.transport) == (LINE, transport)
