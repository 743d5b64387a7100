import json

import pytest

from foundation.categories.category import Category, is_reputation_below
from foundation.categories.category_set import CategoryDataError, CategorySet
from foundation.categories.demo import demo_categories
from foundation.categories.names import CATEGORY_NAMES, category_id, category_name


def test_the_nearest_listed_parent_gives_the_category():
    sites = CategorySet({"example": Category((105,)), "games.example": Category((116,))})

    assert sites.lookup("www.games.example") == Category((116,))
    assert sites.lookup("shop.example") == Category((105,))
    assert sites.lookup("badgames.test") is None


def test_a_listed_host_may_be_written_in_any_spelling():
    sites = CategorySet({"Bücher.Example.": Category((136,))})

    assert sites.lookup("xn--bcher-kva.example") == Category((136,))


def test_the_demo_set_knows_only_reserved_names_and_named_categories():
    demo = demo_categories()

    assert len(demo) >= 60
    for host in demo.hosts():
        assert host.endswith((".example", ".test"))
        found = demo.lookup(host)
        assert found is not None
        assert all(category_name(id_) for id_ in found.ids)


def test_the_demo_set_has_the_sites_of_the_story():
    demo = demo_categories()

    assert demo.lookup("games.example").ids == (116,)
    assert demo.lookup("www.gambling.example").ids == (115,)
    assert demo.lookup("uncategorized.example") is None


def test_all_107_category_ids_have_names():
    assert len(CATEGORY_NAMES) == 107
    assert category_name(9998) == "Uncategorized"
    assert category_name(1) == ""
    assert category_id("games") == 116


def test_reputations_are_ordered_from_malicious_to_trusted():
    assert is_reputation_below("suspicious", "unverified")
    assert not is_reputation_below("neutral", "neutral")


@pytest.mark.parametrize(
    "document",
    [
        "not json",
        "[]",
        '{"schema": 2, "sites": []}',
        '{"schema": 1}',
        json.dumps({"schema": 1, "sites": ["x"]}),
        json.dumps({"schema": 1, "sites": [{"host": "a.example", "categories": []}]}),
        json.dumps({"schema": 1, "sites": [{"host": "a b", "categories": [1]}]}),
        json.dumps(
            {"schema": 1, "sites": [{"host": "a.example", "categories": [1], "reputation": "x"}]}
        ),
    ],
)
def test_a_file_that_is_no_category_file_is_refused(document):
    with pytest.raises(CategoryDataError):
        CategorySet.from_json(document)
