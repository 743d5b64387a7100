"""Which files a log has, and what is refused in their place."""

import gzip
import os
from datetime import date

import pytest

from utm.logs.shelf import NoSuchLogFileError, archived, day_of, find_archive, today
from utm.logs.views import archive_path

DAY = date(2026, 11, 19)


def put_archive(folder, log="epsecd", day=DAY, number=1, data=b"one\n"):
    path = archive_path(folder, log, day, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data))
    return path


def test_archives_are_found_by_day_and_number(tmp_path):
    for number in (1, 2):
        put_archive(tmp_path, number=number)
    put_archive(tmp_path, day=date(2026, 10, 1))
    found = [(one.day, one.number) for one in archived(tmp_path, "epsecd")]

    assert found == [(date(2026, 10, 1), 1), (DAY, 1), (DAY, 2)]
    assert find_archive(tmp_path, "epsecd", DAY, 2).open_text().read() == b"one\n"


@pytest.mark.parametrize("log", ["../epsecd", "/etc/passwd", "epsecd\0", "EPSECD", "", "epsecd/x"])
def test_what_is_no_log_of_the_catalogue_has_no_file(tmp_path, log):
    with pytest.raises(NoSuchLogFileError):
        today(tmp_path, log)
    with pytest.raises(NoSuchLogFileError):
        find_archive(tmp_path, log, DAY, 1)


def test_a_name_that_only_looks_like_an_archive_is_none(tmp_path):
    folder = put_archive(tmp_path).parent
    for name in ("epsecd-2026-11-19.1.log.gz", "epsecd-2026-02-31.log.gz", "epsecd-x.log.gz"):
        (folder / name).write_bytes(b"")
    put_archive(tmp_path, day=date(2026, 12, 1)).rename(folder / "epsecd-2026-12-01.log.gz")

    assert [one.day for one in archived(tmp_path, "epsecd")] == [DAY]


def test_a_link_in_the_place_of_a_file_or_folder_is_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    logs = tmp_path / "logs"
    elsewhere = put_archive(tmp_path / "elsewhere").parents[2]
    logs.mkdir()
    (logs / "epsecd.log").symlink_to(secret)
    (logs / "epsecd").symlink_to(elsewhere)
    link = put_archive(logs, log="http")
    link.unlink()
    link.symlink_to(secret)

    assert archived(logs, "http") == ()
    for stored in (today(logs, "epsecd"), *archived(logs, "epsecd")):
        with pytest.raises(NoSuchLogFileError):
            stored.open_raw()
    assert len(archived(logs, "epsecd")) == 1


def test_a_log_folder_that_is_itself_reached_by_a_link_is_read(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (real / "epsecd.log").write_text("one\n")
    (tmp_path / "logs").symlink_to(real)

    assert today(tmp_path / "logs", "epsecd").open_text().read() == b"one\n"


def test_a_pipe_is_refused_and_nobody_waits_for_it(tmp_path):
    os.mkfifo(tmp_path / "epsecd.log")
    with pytest.raises(NoSuchLogFileError):
        today(tmp_path, "epsecd").open_raw()


@pytest.mark.parametrize(
    "text", ["2026-11-19/..", "2026-13-01", "20261119", "\uff12\uff10\uff12\uff16-11-19", ""]
)
def test_what_is_no_day_is_none(text):
    assert day_of(text) is None
