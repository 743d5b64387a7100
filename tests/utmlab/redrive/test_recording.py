"""Files with recordings."""

import stat
from datetime import UTC, datetime

import pytest

from foundation.net.journal import Exchange
from utmlab.redrive import RecordingUnreadableError, read_recording, write_recording

AT = datetime(2026, 11, 20, 23, 20, 17, tzinfo=UTC)


def exchange(path):
    return Exchange(AT, "GET", path, {}, "", 200, "", "", 1.0)


def test_what_belongs_to_mcs_is_read_back_with_its_base_path(tmp_path):
    paths = [
        "/mcs/",
        "/mcs/register",
        "/link/v1/reports",
        "/software/x",
        "/mcs/other",
        "/mcs/policy/a/b",
    ]
    assert write_recording(tmp_path / "f", [exchange(one) for one in paths]) == 4
    recording = read_recording(tmp_path / "f")
    assert recording.base == "/mcs"
    assert [recording.call(one) for one in recording.exchanges] == ["", "/register", "/policy/a/b"]
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600


def test_a_recording_that_was_cut_is_read_up_to_its_last_whole_line(tmp_path):
    write_recording(tmp_path / "f", [exchange("/mcs/register"), exchange("/mcs/flags/x")])
    data = (tmp_path / "f").read_bytes()
    (tmp_path / "f").write_bytes(data[:-5])
    assert [one.path for one in read_recording(tmp_path / "f").exchanges] == ["/mcs/register"]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}\n", b'{"utmlab_recording": 1}\nno\n', b"\xff\n"])
def test_another_file_is_refused(tmp_path, data):
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(RecordingUnreadableError):
        read_recording(tmp_path / "f")
