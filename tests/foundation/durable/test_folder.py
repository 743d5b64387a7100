"""A data folder has one holder and is never touched by an older version."""

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
    DataFolder.open(tmp_path, component="test", version=1).close()
    assert holder_of(tmp_path) is None


def test_a_folder_of_a_newer_version_is_left_as_it_is(tmp_path):
    DataFolder.open(tmp_path, component="test", version=2).close()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(DataFolderTooNewError):
        DataFolder.open(tmp_path, component="test", version=1)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
