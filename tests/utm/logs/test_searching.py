"""Searching: terms, files newest first, and going on where it stopped."""

import gzip
from datetime import date

import pytest

from utm.logs import searching
from utm.logs.searching import Scope, read_terms, search
from utm.logs.views import archive_path

TODAY = date(2026, 11, 20)
LINE = b'2026:11:20-09:30:00 utm eplog[1]: id="0060" name="web request blocked" user="LAB\\anna"'


@pytest.mark.parametrize(
    ("terms", "is_found"),
    [
        ("BLOCKED", True),
        ('id=0060 name="web request blocked"', True),
        ("id=006", False),
        ("id=006*", True),
        ('"request blocked"', True),
        ("user=LAB\\anna blocked", True),
        ("blocked allowed", False),
        ("d=0060", False),
        ("", True),
    ],
)
def test_all_terms_must_fit(terms, is_found):
    assert read_terms(terms).fit(LINE) is is_found


def fill(folder):
    (folder / "epsecd.log").write_bytes(b"today a\ntoday b\n")
    (folder / "confd.log").write_bytes(b"today c\n")
    for day in (18, 19):
        path = archive_path(folder, "epsecd", date(2026, 11, day))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"day %d x\nday %d y\n" % (day, day)))


def scope(folder, first=date(2026, 11, 1), logs=("epsecd", "confd")):
    return Scope(folder=folder, logs=logs, first=first, last=TODAY, present=TODAY)


def lines(found):
    return [hit.line.data.decode() for hit in found.hits]


def test_the_newest_day_comes_first_and_days_outside_are_left_out(tmp_path):
    fill(tmp_path)
    found = search(scope(tmp_path, first=date(2026, 11, 19)), read_terms(""))

    assert lines(found) == ["today a", "today b", "today c", "day 19 x", "day 19 y"]
    assert found.goes_on is None


@pytest.mark.parametrize("budget", [1, 10, 25])
def test_a_search_goes_on_where_it_stopped(tmp_path, budget):
    fill(tmp_path)
    whole = lines(search(scope(tmp_path), read_terms("d")))
    found, place = [], None
    for _ in range(50):
        part = search(scope(tmp_path), read_terms("d"), place=place, budget=budget)
        found += lines(part)
        if (place := part.goes_on) is None:
            break

    assert place is None
    assert found == whole
    assert len(whole) == 7


def test_a_search_stops_at_the_most_hits(tmp_path, monkeypatch):
    monkeypatch.setattr(searching, "MOST_HITS", 3)
    fill(tmp_path)
    found = search(scope(tmp_path), read_terms(""))

    assert len(found.hits) == 3
    assert found.goes_on is not None


def test_a_damaged_archive_is_named_and_the_others_are_searched(tmp_path):
    fill(tmp_path)
    path = archive_path(tmp_path, "epsecd", date(2026, 11, 19))
    path.write_bytes(path.read_bytes()[:-6])
    found = search(scope(tmp_path), read_terms(""))

    assert [one.day for one in found.damaged] == [date(2026, 11, 19)]
    assert "day 18 x" in lines(found)
