"""Files are whole: the old one or the new one."""

import os

import pytest

from foundation.durable.files import remove, remove_leftovers, write_atomic, write_secret


def test_a_write_replaces_the_whole_file_and_makes_its_folder(tmp_path):
    path = tmp_path / "a" / "b.txt"
    write_atomic(path, b"a longer text")
    write_atomic(path, b"short")

    assert path.read_bytes() == b"short"
    assert [entry.name for entry in path.parent.iterdir()] == ["b.txt"]


def test_a_disk_that_refuses_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "b.txt"
    write_atomic(path, b"old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, b"new")

    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["b.txt"]


def test_a_secret_is_readable_by_its_owner_only(tmp_path):
    write_secret(tmp_path / "key", b"x")

    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_removing_what_is_gone_is_no_error(tmp_path):
    remove(tmp_path / "nothing")


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    nobody = 4_194_305  # above the highest number that Linux gives
    (tmp_path / "in").mkdir()
    left = [tmp_path / f".a.xml.{nobody}.new", tmp_path / "in" / f".b.json.{nobody}.new"]
    kept = [tmp_path / name for name in (f".a.xml.{os.getpid()}.new", ".a.new", "a.1.new")]
    for path in left + kept:
        path.write_bytes(b"half")
    remove_leftovers(tmp_path)

    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in kept)


def test_nothing_is_left_over_in_a_folder_that_is_not_there(tmp_path):
    remove_leftovers(tmp_path / "nothing")
