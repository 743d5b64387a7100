"""Windows on a log: compared with splitting the whole text, which they never do."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utm.logs import windows
from utm.logs.windows import LogLine, last_lines, last_unpacked, line_at, lines_from

TEXTS = st.lists(st.binary(max_size=40).map(lambda one: one.replace(b"\n", b"")), max_size=30)
PLENTY = 1 << 30


def _pieces(text):
    parts = text.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def text_of(lines, is_ended):
    text = b"\n".join(lines)
    return text + b"\n" if is_ended and lines else text


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(windows, "BLOCK", 7)


@given(TEXTS, st.booleans(), st.integers(1, 5))
def test_a_text_is_paged_backward_without_loss_or_repetition(lines, is_ended, most):
    text = text_of(lines, is_ended)
    found, end = [], len(text)
    while end > 0:
        window = last_lines(io.BytesIO(text), end, most=most, budget=PLENTY)
        assert window.start < end
        found = [*window.lines, *found]
        end = window.start
    assert found == whole_pieces(text)


@given(TEXTS, st.booleans(), st.integers(1, 5))
def test_a_text_is_paged_forward_without_loss_or_repetition(lines, is_ended, most):
    text = text_of(lines, is_ended)
    found, start = [], 0
    while start < len(text):
        window = lines_from(io.BytesIO(text), start, most=most, budget=PLENTY)
        found += window.lines
        start = window.end
    assert found == whole_pieces(text)


def whole_pieces(text):
    lines, offset = [], 0
    for piece in _pieces(text):
        data = piece.removesuffix(b"\n")
        lines.append(LogLine(offset, data, len(data)))
        offset += len(piece)
    return lines


@given(TEXTS, st.integers(1, 5), st.integers(0, 30))
def test_an_archive_gives_the_same_last_lines_as_a_plain_file(lines, most, which):
    text = text_of(lines, is_ended=True)
    ends = [one.offset for one in whole_pieces(text)] or [0]
    end = ends[which % len(ends)]
    packed = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(text)))
    plain = last_lines(io.BytesIO(text), end, most=most, budget=PLENTY)

    assert last_unpacked(packed, end, most=most, budget=PLENTY).lines == plain.lines


def test_a_filter_that_fits_nothing_stops_at_its_budget_and_goes_on_from_there():
    text = b"a line\n" * 1000
    window = last_lines(
        io.BytesIO(text), len(text), most=10, budget=700, fits=lambda data: b"x" in data
    )

    assert window.lines == ()
    assert window.start == len(text) - 700


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_line_beyond_measure_is_kept_by_its_beginning(monkeypatch, pieces):
    monkeypatch.setattr(windows, "LONGEST_KEPT", 10)
    text = b"first\n" + b"0123456789" * pieces + b"x\nlast\n"
    expected = LogLine(6, b"0123456789", 10 * pieces + 1)

    assert lines_from(io.BytesIO(text), 0, most=9, budget=PLENTY).lines[1] == expected
    assert last_lines(io.BytesIO(text), len(text), most=9, budget=PLENTY).lines[1] == expected
    assert line_at(io.BytesIO(text), 6) == expected


def test_a_damaged_archive_gives_what_can_be_read():
    text = b"".join(b"%d a line of its own\n" % number for number in range(5000))
    packed = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(text)[:-2000]))
    window = lines_from(packed, 0, most=9999, budget=PLENTY)

    assert window.is_damaged
    assert window.lines[0].data == b"0 a line of its own"


def test_there_is_no_line_behind_the_end():
    assert line_at(io.BytesIO(b"one\n"), 4) is None
    assert line_at(gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b"one\n"))), 99) is None
