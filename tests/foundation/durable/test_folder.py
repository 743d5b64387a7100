"""A data folder has one holder and is never touched by an older version."""

import fcntl
import os
import subprocess
import sys

import pytest

from foundation.durable.folder import (
    DataFolder,
    DataFolderInUseError,
    DataFolderTooNewError,
    holder_of,
)

HOLD = """
import sys, pathlib
from foundation.durable.folder import DataFolder
folder = DataFolder.open(pathlib.Path(sys.argv[1]), component="test", version=1)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_folder_held_by_another_process_names_its_pid(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DataFolderInUseError) as refusal:
            DataFolder.open(tmp_path, component="test", version=1)
        assert refusal.value.pid == holder.pid == holder_of(tmp_path)
        holder.kill()
        holder.wait()
    DataFolder.open(tmp_path, component="test", version=1).close()
    assert holder_of(tmp_path) is None


def test_a_folder_of_a_newer_version_is_left_as_it_is(tmp_path):
    DataFolder.open(tmp_path, component="test", version=2).close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(DataFolderTooNewError):
        DataFolder.open(tmp_path, component="test", version=1)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_somebody_who_only_asks_for_the_holder_is_waited_for(tmp_path, monkeypatch):
    DataFolder.open(tmp_path, component="test", version=1).close()
    asking = os.open(tmp_path / "lock", os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    looks = iter(range(1000))
    monkeypatch.setattr(os, "sched_yield", lambda: next(looks) == 500 and os.close(asking))
    DataFolder.open(tmp_path, component="test", version=1).close()

    assert next(looks) == 501


def test_opening_a_folder_removes_what_a_killed_process_left_half_written(tmp_path):
    left = tmp_path / ".format.json.4194305.new"
    left.write_bytes(b"half")
    DataFolder.open(tmp_path, component="test", version=1).close()

    assert not left.exists()
