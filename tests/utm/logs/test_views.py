"""Names and places of logs."""

from datetime import date
from pathlib import Path

import pytest

from utm.logs.views import UnknownLogError, archive_path, archives, find_view


@pytest.mark.parametrize(
    ("name", "log"),
    [
        ("Endpoint Protection", "epsecd"),
        ("endpoint  web protection", "eplog"),
        ("Configuration daemon", "confd"),
        ("/var/log/epsecd.log", "epsecd"),
        ("eplog.log", "eplog"),
        ("http", "http"),
    ],
)
def test_log_01_log_02_names_of_webadmin_find_their_log(name, log):
    assert find_view(name).log == log


def test_unknown_log_is_refused():
    with pytest.raises(UnknownLogError):
        find_view("../etc/passwd")


def test_archives_come_oldest_first(tmp_path):
    day, next_day = date(2026, 11, 30), date(2026, 12, 1)
    paths = [
        archive_path(tmp_path, "epsecd", day),
        archive_path(tmp_path, "epsecd", day, 2),
        archive_path(tmp_path, "epsecd", day, 10),
        archive_path(tmp_path, "epsecd", next_day),
    ]
    for path in reversed(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert list(archives(tmp_path, "epsecd")) == paths
    assert paths[0].relative_to(tmp_path) == Path("epsecd/2026/11/epsecd-2026-11-30.log.gz")
