"""Lines in bounded segments: what a kill, a full disk and a limit leave behind."""

import stat
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.durable.segments import START, SegmentLimits, Segments, numbers, read_lines

SMALL = SegmentLimits(segment_bytes=100, most=3)


@pytest.fixture
def segments(tmp_path):
    made = Segments(tmp_path / "journal", SMALL)
    made.open()
    yield made
    made.close()


def test_lines_survive_and_are_its_owners_only(segments, tmp_path):
    segments.append([b"one", b"two"])
    folder = tmp_path / "journal"
    assert read_lines(folder)[0] == [b"one", b"two"]
    assert stat.S_IMODE((folder / "00000001.jsonl").stat().st_mode) == 0o600


def test_the_oldest_segments_go(segments, tmp_path):
    for number in range(50):
        segments.append([b"%d" % number + b"x" * 40])
    folder = tmp_path / "journal"
    assert len(numbers(folder)) == SMALL.most
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 3 * SMALL.segment_bytes
    lines, _ = read_lines(folder)
    assert [int(line.rstrip(b"x")) for line in lines] == list(range(50 - len(lines), 50))


def test_a_reader_goes_on_where_it_was_over_the_end_of_a_segment(segments, tmp_path):
    folder = tmp_path / "journal"
    position, seen = START, []
    for number in range(5):
        segments.append([b"%d" % number + b"x" * 40])
        lines, position = read_lines(folder, position)
        seen += lines
    assert [line[:1] for line in seen] == [b"0", b"1", b"2", b"3", b"4"]


@given(st.integers(min_value=0, max_value=40))
@settings(max_examples=30, deadline=None)
def test_a_half_written_line_is_cut_and_the_others_stay(tmp_path_factory, kept):
    folder = tmp_path_factory.mktemp("half") / "journal"
    first = Segments(folder, SegmentLimits())
    first.open()
    first.append([b"a" * 10, b"b" * 10, b"c" * 10])
    first.close()
    path = folder / "00000001.jsonl"
    path.write_bytes(path.read_bytes()[:kept])
    whole = min(kept, 33) // 11
    again = Segments(folder, SegmentLimits())
    again.open()
    again.append([b"d"])
    again.close()
    assert read_lines(folder)[0] == [*[b"a" * 10, b"b" * 10, b"c" * 10][:whole], b"d"]


def test_a_process_killed_while_it_writes_leaves_a_readable_folder(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from foundation.durable.segments import SegmentLimits, Segments\n"
        "segments = Segments(Path(sys.argv[1]), SegmentLimits(segment_bytes=50_000, most=1000))\n"
        "segments.open()\nnumber = 0\n"
        "while True:\n"
        "    segments.append([b'%d ' % n + b'x' * 5000 for n in range(number, number + 9)])\n"
        "    number += 9\n"
        "    print(number, flush=True)\n"
    )
    folder = tmp_path / "journal"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = 0
        while told < 200:
            told = int(process.stdout.readline())
        process.kill()
        told = max([told, *map(int, process.stdout.read().split())])
    again = Segments(folder, SegmentLimits())
    again.open()
    again.close()
    lines, _ = read_lines(folder)
    assert [int(line.split(b" ")[0]) for line in lines] == list(range(len(lines)))
    assert len(lines) >= told
    assert {len(line.split(b" ")[1]) for line in lines} == {5000}


def test_a_disk_that_refuses_leaves_no_half_line(segments, tmp_path, monkeypatch):
    segments.append([b"one"])
    write = segments.append.__globals__["os"].write

    def half(descriptor, data):
        write(descriptor, data[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("foundation.durable.segments.os.write", half)
    with pytest.raises(OSError, match="No space"):
        segments.append([b"another"])
    monkeypatch.undo()
    segments.append([b"two"])
    assert read_lines(tmp_path / "journal")[0] == [b"one", b"two"]
