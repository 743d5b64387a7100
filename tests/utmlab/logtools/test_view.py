"""view: WebAdmin's names give the bytes of the files."""

import gzip
from datetime import date

import pytest

from utm.logs.views import UnknownLogError, archive_path
from utmlab.logtools.view import NoSuchDayError, archived_days, view

DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("title", "file"),
    [("Endpoint Protection", "epsecd.log"), ("Endpoint Web Protection", "eplog.log")],
)
def test_log_01_log_02_view_by_title_prints_the_files_bytes(tmp_path, title, file):
    data = bytes(range(256)) * 1000
    (tmp_path / file).write_bytes(data)
    assert b"".join(view(tmp_path, title)) == data


def test_log_without_a_line_is_empty(tmp_path):
    assert b"".join(view(tmp_path, "epsecd")) == b""


def test_archived_day_is_unpacked_with_all_its_parts(tmp_path):
    for number, data in ((1, b"one\n"), (2, b"two\n")):
        path = archive_path(tmp_path, "epsecd", DAY, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(data))
    assert b"".join(view(tmp_path, "epsecd", day=DAY)) == b"one\ntwo\n"
    assert archived_days(tmp_path, "epsecd") == (DAY,)


def test_day_without_an_archive_is_refused(tmp_path):
    with pytest.raises(NoSuchDayError):
        view(tmp_path, "epsecd", day=DAY)


def test_unknown_log_is_refused(tmp_path):
    with pytest.raises(UnknownLogError):
        view(tmp_path, "mail")
