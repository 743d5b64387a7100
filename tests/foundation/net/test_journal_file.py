"""The journal on disk."""

from datetime import UTC, datetime

import pytest

from foundation.durable.segments import SegmentLimits
from foundation.net.journal import Exchange, Journal, decode, encode
from foundation.net.journal_file import JournalFile, read_journal


def exchange(number=0):
    at = datetime(2026, 11, 20, 23, 20, 17, number, tzinfo=UTC)
    return Exchange(at, "GET", f"/{number}", {}, "ü\ud800", 200, "", "E1", 1.5, hint="near")


async def test_what_is_recorded_is_on_disk_after_the_close_and_after_another_start(tmp_path):
    failures = []
    for start in range(2):
        file = JournalFile(tmp_path, SegmentLimits(), failures.append)
        await file.open()
        journal = Journal(limit=1, keep=file.keep)
        for number in range(3):
            journal.record(exchange(start * 3 + number))
        assert len(journal.entries()) == 1
        await file.close()
    kept, _ = read_journal(tmp_path)
    assert [one.path for one in kept] == [f"/{number}" for number in range(6)]
    assert failures == []


async def test_a_disk_that_refuses_is_told_once_and_costs_no_exchange_afterwards(
    tmp_path, monkeypatch
):
    failures = []
    file = JournalFile(tmp_path, SegmentLimits(), failures.append)
    await file.open()
    with monkeypatch.context() as full:

        def refuse(*_arguments):
            raise OSError(28, "No space left on device")

        full.setattr("foundation.durable.segments.os.write", refuse)
        for number in range(2):
            file.keep(exchange(number))
            assert file._writing is not None
            await file._writing
    file.keep(exchange(2))
    await file.close()
    assert len(failures) == 1
    assert [one.path for one in read_journal(tmp_path)[0]] == ["/2"]


def test_a_line_of_a_later_version_is_read_without_what_is_new():
    line = encode(exchange()).replace(b'"hint"', b'"unheard_of": 1, "hint"')
    assert decode(line).hint == "near"


@pytest.mark.parametrize("line", [b"", b"[]", b"{}", b'{"at": 1}', b'{"at": "2026-11-20"}'])
def test_what_is_no_exchange_is_refused(line):
    with pytest.raises(ValueError, match=r"."):
        decode(line)
