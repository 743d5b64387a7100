"""The named list of what is left out is what the how-to says, and covers what confd hides."""

from pathlib import Path

import pytest

from utm.adoption import is_secret_attribute, is_secret_node
from utm.adoption.left_out import load
from utm.confd.classes import object_classes
from utm.confd.nodes import all_nodes

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "own-utm.md"


def test_the_how_to_names_every_ending_and_described_attribute():
    text = GUIDE.read_text(encoding="utf-8")
    listed = load("left_out")
    assert [one for one in listed["endings"] if f"`{one}`" not in text] == []
    assert "`epp/endpoints_group.proxy_password`, `http/parent_proxy.pass`" in text


def test_every_node_of_the_list_exists():
    assert set(load("left_out")["nodes"]) <= set(all_nodes())


def test_what_is_hidden_from_readers_here_is_left_out_too():
    hidden = [one.key for one in all_nodes().values() if one.is_secret]
    assert [key for key in hidden if not is_secret_node(key)] == []
    for full_type, of in object_classes().items():
        for name in of.fields:
            assert is_secret_attribute(full_type, name) or not of.is_secret(name), name


@pytest.mark.parametrize("key", ["http.port", "epp.city", "http.profiles", "http.port_secret"])
def test_only_secrets_are_left_out(key):
    assert is_secret_node(key, "x") is key.endswith("secret")


def test_a_switch_about_a_secret_is_none():
    assert not is_secret_node("http.has_secret", True)
    assert not is_secret_attribute("aaa/user", "has_password", False)
