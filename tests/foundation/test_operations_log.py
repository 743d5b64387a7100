"""The log of what a program did: one line per event, bounded, read again as it was written."""

import string
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from foundation.operations_log import LONGEST_VALUE, MOST_FILES, OperationsLog, read_operations
from foundation.redact import Secret

AT = datetime(2026, 11, 20, 23, 20, tzinfo=UTC)
NAMES = st.text(string.ascii_lowercase + "_", min_size=1)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=LONGEST_VALUE)


def opened(path, **more):
    log = OperationsLog(path, now=lambda: AT, **more)
    log.open()
    return log


def test_a_value_from_outside_cannot_make_a_second_line(tmp_path):
    log = opened(tmp_path / "log")
    log.record("refused", path="/x\n2026 forged", reason="token_unknown")
    log.close()
    log.record("after the end")
    assert (tmp_path / "log").read_text() == (
        '2026-11-20T23:20:00.000000Z refused path="/x\\n2026 forged" reason=token_unknown\n'
    )


def test_a_secret_does_not_show(tmp_path):
    log = opened(tmp_path / "log")
    log.record("told", token=Secret("D6Wsw4MA9ISBUphNk"))
    assert "D6Wsw4MA9ISBUphNk" not in (tmp_path / "log").read_text()


@given(fields=st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_is_written_is_read_again(tmp_path_factory, fields):
    path = tmp_path_factory.mktemp("log") / "log"
    log = opened(path)
    log.record("happened", **fields)
    log.close()
    (one,) = read_operations(path)
    assert (one.at, one.event, one.fields) == (AT, "happened", fields)


def test_a_line_that_was_cut_off_is_told_as_it_is(tmp_path):
    path = tmp_path / "log"
    path.write_text('2026-11-20T23:20:00.000000Z good\n2026-11-2\n2026-11-20T23:20:00Z x a="\\q"\n')
    events = [one.event for one in read_operations(path)]
    assert events == ["good", "unreadable", "unreadable"]


def test_it_is_bounded_and_keeps_the_newest(tmp_path):
    path = tmp_path / "log"
    log = opened(path, most_bytes=1000)
    for number in range(1000):
        log.record("happened", number=number)
    log.close()
    files = list(tmp_path.iterdir())
    assert len(files) == MOST_FILES
    assert all(file.stat().st_size <= 1000 for file in files)
    numbers = [int(one.fields["number"]) for one in read_operations(path)]
    assert numbers == list(range(numbers[0], 1000))
