import pytest

from foundation.categories.category import Category
from foundation.categories.directory_map import DirectoryMap, DirectoryMapError, packaged_map
from foundation.categories.importer import NoListsError, read_lists
from foundation.categories.large_set import LargeCategorySet, write_category_file
from foundation.categories.names import CATEGORY_NAMES

MAP = DirectoryMap.from_json(
    '{"schema": 1, "directories": {"games": {"categories": [116]}, "skip": {"categories": []},'
    ' "bad/malware": {"categories": [130], "reputation": "malicious"}}}'
)


@pytest.fixture
def lists(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)

    write("games/domains", b"games.example\n\n# comment\nPLAY.example.\r\nno host\n*.x.example\n")
    write("games/urls", b"arcade.example/\nportal.example/games\n")
    write("bad/malware/domains", b"play.example\n")
    write("skip/domains", b"skipped.example\n")
    write("strange/domains", b"strange.example\n")
    return tmp_path


def test_sites_have_the_categories_of_all_their_directories_and_the_worst_reputation(lists):
    sites, _ = read_lists(lists, MAP)
    assert sites["games.example"] == Category((116,))
    assert sites["play.example"] == Category((130, 116), "malicious")
    assert sites["arcade.example"] == Category((116,))


def test_nothing_else_becomes_a_site(lists):
    sites, report = read_lists(lists, MAP)
    assert len(sites) == report.sites == 3
    assert (report.unknown, report.left_out, report.paths) == (["strange"], ["skip"], 1)


def test_bad_lines_are_counted_with_their_numbers(lists):
    _, report = read_lists(lists, MAP)
    assert report.bad == 2
    assert [(bad.file, bad.line) for bad in report.bad_lines] == [
        ("games/domains", 5),
        ("games/domains", 6),
    ]


def test_an_imported_list_answers_for_subdomains(lists, tmp_path):
    sites, _ = read_lists(lists, MAP)
    write_category_file(tmp_path / "out", sites.items())
    found = LargeCategorySet.open(tmp_path / "out").lookup("www.games.example")
    assert found == Category((116,))


def test_a_directory_without_lists_is_refused(tmp_path):
    with pytest.raises(NoListsError):
        read_lists(tmp_path, MAP)


def test_a_map_with_an_unknown_category_is_refused():
    with pytest.raises(DirectoryMapError, match="'x' has the unknown category 7"):
        DirectoryMap.from_json('{"schema": 1, "directories": {"x": {"categories": [7]}}}')


def test_the_packaged_map_names_known_categories_only():
    known = packaged_map().directories.values()
    assert {id_ for one in known if one is not None for id_ in one.ids} <= CATEGORY_NAMES.keys()
