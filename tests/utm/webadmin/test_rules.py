"""The pure parts: menu, order, listing, forms, what people read."""

import gzip
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from utm.confd.classes import object_class, object_classes
from utm.webadmin.answers import read_answers
from utm.webadmin.filters import ago, counted, moment, shortened, span
from utm.webadmin.forms import default_attributes, form_parts
from utm.webadmin.gate import local_path
from utm.webadmin.listing import listing
from utm.webadmin.menu import SECTIONS, Menu
from utm.webadmin.object_pages import FormPlan
from utm.webadmin.ordering import reordered
from utm.webadmin.pages.webadmin_settings import MOST_SESSIONS, last_sessions

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def test_the_menu_shows_what_has_a_page_and_knows_where_it_is():
    menu = Menu.of({"/", "/endpoint-protection/computer-management/groups"})

    assert [section.title for section in menu.sections] == ["Management", "Endpoint Protection"]
    place = menu.place("/endpoint-protection/computer-management/groups/REF_X/delete")
    assert (place.entry.title, place.tab.title) == ("Computer Management", "Manage Groups")
    assert menu.place("/endpoint-protection/computer-management/groupsies") is None
    assert menu.place("/nowhere") is None


def test_every_path_of_the_menu_is_there_once():
    paths = [tab.path for one in SECTIONS for entry in one.entries for tab in entry.tabs]
    assert len(paths) == len(set(paths))


def order(items, **form):
    return "".join(reordered(items, MultiDict(form)))


def test_a_button_moves_an_item_by_one_place():
    assert order("abc", move="up:b") == "bac"
    assert order("abc", move="down:b") == "acb"
    assert order("abc", move="up:a") == "abc"
    assert order("abc", move="down:c") == "abc"
    assert order("abc", move="sideways:a") == "abc"
    assert order("abc", move="up:x") == "abc"


@given(st.lists(st.sampled_from("abcxyz")), st.sampled_from(["", "up:a", "down:b", "down:z"]))
def test_an_order_neither_loses_nor_makes_anything(given_order, move):
    form = MultiDict([*(("order", one) for one in given_order), ("move", move)])
    assert sorted(reordered("abc", form)) == ["a", "b", "c"]


def test_what_a_form_did_not_know_stays_at_the_end():
    assert order(["a", "b", "new"], move="", order="b") == "banew"


@given(st.integers(0, 120), st.text(max_size=5), st.text(max_size=5))
def test_a_listing_shows_what_fits_whatever_is_asked(total, text, page):
    rows = [f"row {number}" for number in range(total)]
    found = listing(rows, {"q": text, "page": page}, text_of=str, per_page=10)

    assert 1 <= found.number <= found.pages
    assert len(found.rows) == min(10, found.found - 10 * (found.number - 1))


@given(st.sampled_from(sorted(object_classes())))
def test_a_form_of_any_class_asks_all_that_can_be_asked(full_type):
    from types import MappingProxyType

    from utm.confd import Snapshot

    class_ = object_class(full_type)
    empty = Snapshot(0, MappingProxyType({}), MappingProxyType({}))
    plan = FormPlan()
    parts = form_parts(class_, plan, default_attributes(class_, plan), empty)
    asked = [one.name for part in parts for one in part.fields]
    assert set(class_.fields) - set(asked) <= {"conditions", "filter"}

    form = MultiDict([("_fields", name) for name in asked])
    answers = read_answers(class_, form)
    assert not answers.problems


@given(st.text(max_size=30))
def test_a_login_leads_to_this_site_only(text):
    path = local_path(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert not any(letter in path for letter in "\\\r\n\t")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d")],
)
def test_a_span_is_told_in_its_largest_unit(seconds, text):
    assert span(seconds) == text


def test_moments_are_told_with_their_zone():
    assert moment("2026-11-20T10:30:00+01:00") == "2026-11-20 09:30:00 UTC"
    there = moment("2026-07-20T10:30:00+00:00", ZoneInfo("Europe/Berlin"))
    assert there == "2026-07-20 12:30:00 CEST"
    assert moment("") == ""
    assert ago(AT, AT + timedelta(minutes=4)) == "4 min ago"
    assert ago(AT, AT - timedelta(minutes=4)) == "just now"
    assert ago(None, AT) == "never"


def test_counts_and_long_texts_are_told_shortly():
    assert (counted(1, "poll"), counted(2, "poll")) == ("1 poll", "2 polls")
    assert len(shortened("x" * 1000, 80)) <= 80
    assert shortened("short") == "short"


def session_lines(number, day):
    stamp = f"2026:11:{day:02}-09:{number:02}:00"
    keys = f'user="u{number}" srcip="::1" sid="{number:064x}" facility="webadmin"'
    return (
        f'{stamp} utm confd[1]: I id="3106" severity="info" sys="System" sub="confd"'
        f' name="authentication successful" {keys}\n'
    )


def test_sessions_are_read_from_today_and_then_from_the_archives(tmp_path):
    (tmp_path / "confd.log").write_text("nonsense\n" + session_lines(1, 21) + session_lines(2, 21))
    for day in (18, 19, 20):
        folder = tmp_path / "confd" / "2026" / "11"
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(session_lines(day + number * 2 + 1, day) for number in range(9))
        (folder / f"confd-2026-11-{day}.log.gz").write_bytes(gzip.compress(text.encode()))
    found = last_sessions(tmp_path)

    assert len(found) == MOST_SESSIONS == 20
    assert [one.user for one in found[:2]] == ["u2", "u1"]
    assert found == sorted(found, key=lambda one: one.began, reverse=True)


def test_a_damaged_archive_tells_the_sessions_that_can_be_read(tmp_path):
    folder = tmp_path / "confd" / "2026" / "11"
    folder.mkdir(parents=True)
    rng = random.Random(1)
    noise = "".join(f"{rng.random()}\n" for _ in range(100_000))
    whole = gzip.compress((session_lines(1, 20) + noise).encode())
    (folder / "confd-2026-11-20.log.gz").write_bytes(whole[: len(whole) // 2 * 3 // 2])
    (folder / "confd-2026-11-19.log.gz").write_bytes(b"no archive")

    assert [one.user for one in last_sessions(tmp_path)] == ["u1"]


def test_clients_of_the_rest_api_are_no_sessions_of_webadmin(tmp_path):
    rest = session_lines(2, 21).replace('facility="webadmin"', 'facility="restd"')
    (tmp_path / "confd.log").write_text(session_lines(1, 21) + rest * 30)

    assert [one.user for one in last_sessions(tmp_path)] == ["u1"]
