"""kill -9 at each step of the appender, in real processes: every line once, in order."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROCESS = Path(__file__).with_name("appender_process.py")
REPO = Path(__file__).parents[3]


def run(folder: Path, kill_at: str, begin: int, count: int, step_h: float):
    done = subprocess.run(
        [sys.executable, str(PROCESS), str(folder), kill_at, str(begin), str(count), str(step_h)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPO)},
    )
    return done.returncode, [int(number) for number in done.stdout.split()], done.stderr


def written(folder: Path) -> list[str]:
    logs = folder / "logs"
    text = b"".join(
        gzip.decompress(path.read_bytes()) for path in sorted(logs.glob("epsecd/*/*/*.gz"))
    )
    return (text + (logs / "epsecd.log").read_bytes()).decode().splitlines()


@pytest.mark.parametrize(
    "point",
    [
        "utm.appender_before_write",
        "utm.appender_after_write",
        "utm.appender_after_fsync",
        "utm.appender_after_commit",
        "utm.appender_after_write:4",
        "utm.appender_after_fsync:4",
        "utm.appender_after_commit:4",
        "utm.rotation_begun",
        "utm.rotation_after_archive",
        "utm.rotation_after_commit",
        "utm.rotation_after_archive:2",
    ],
)
def test_log_lines_survive_kill_exactly_once(tmp_path, point):
    code, acknowledged, _ = run(tmp_path, point, 0, 24, 5.0)
    assert code == -9
    spooled = acknowledged[-1] + 1 if acknowledged else 0
    code, again, errors = run(tmp_path, "-", spooled + 1, 6, 5.0)
    assert code == 0, errors
    lines = [int(line.removeprefix("line ")) for line in written(tmp_path)]
    # The line after the last acknowledged one may have been committed before the kill.
    expected = [*range(spooled), *again]
    assert [number for number in lines if number != spooled] == expected
    assert lines.count(spooled) <= 1
    assert not list((tmp_path / "logs").glob("*.orphan-*"))
