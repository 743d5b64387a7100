"""A million categorised sites in a mapped file: here a few, with the answers of the small set."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.categories.category import Category
from foundation.categories.category_set import CategoryDataError, CategorySet
from foundation.categories.host_table import HostTable
from foundation.categories.large_set import LargeCategorySet, write_category_file

SITES = {
    "games.example": Category((116,)),
    "a.games.example": Category((134, 116), "trusted"),
    "example": Category((105,), "malicious"),
    "127.0.0.1": Category((115,)),
    "[::1]": Category((115,)),
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "categories.bin"
    write_category_file(path, SITES.items())
    return path


def test_a_host_has_the_category_of_its_nearest_parent(file):
    large, small = LargeCategorySet.open(file), CategorySet(SITES)
    for host in (*SITES, "b.a.games.example", "xgames.example", "b.example", "xexample", "1", ""):
        assert large.lookup(host) == small.lookup(host), host
    assert len(large) == len(SITES)
    assert sorted(large.hosts()) == sorted(SITES)


labels = st.lists(st.sampled_from(["a", "b", "c", "aa", "ab"]), min_size=1, max_size=4)
hosts = labels.map(".".join)


@given(st.dictionaries(hosts, st.sampled_from(list(SITES.values()))), st.lists(hosts))
@settings(max_examples=50)
def test_large_and_small_sets_agree(tmp_path_factory, sites, asked):
    path = tmp_path_factory.mktemp("sites") / "file"
    write_category_file(path, sites.items())
    large, small = LargeCategorySet.open(path), CategorySet(sites)
    for host in (*asked, *sites):
        assert large.lookup(host) == small.lookup(host)


def test_hosts_are_normalised_and_the_last_word_counts(tmp_path):
    path = tmp_path / "file"
    sites = [("GAMES.example.", Category((1,))), ("games.example", Category((2,)))]
    assert write_category_file(path, sites) == 1
    found = LargeCategorySet.open(path).lookup("games.example")
    assert found == Category((2,))


def test_a_new_file_takes_the_place_of_one_that_is_mapped(file):
    before = LargeCategorySet.open(file)
    write_category_file(file, [("new.example", Category((1,)))])

    assert before.lookup("games.example") == Category((116,))
    assert LargeCategorySet.open(file).lookup("games.example") is None


@pytest.mark.parametrize("place", [0, 40, -60, -1])
def test_a_damaged_file_is_refused(file, place):
    content = bytearray(file.read_bytes())
    content[place] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(CategoryDataError):
        LargeCategorySet.open(file)


@pytest.mark.parametrize("content", [b"", b"x" * 10, b"x" * 500])
def test_what_is_no_category_file_is_refused(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(CategoryDataError):
        LargeCategorySet.open(path)


def test_a_table_made_in_another_process_has_the_same_hosts():
    hosts = {f"site{number}.example": (number % 7,) for number in range(1000)}
    table = HostTable.made_apart(hosts)

    assert len(table) == 1000
    assert all(table.get(host) == value for host, value in hosts.items())
    assert table.get("example") is None
    assert table.all("a.site3.example") == [(3,)]
    assert table.nearest("a.site8.example") == (1,)
