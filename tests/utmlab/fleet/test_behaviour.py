"""Mixes: who behaves how follows from the seed alone."""

from collections import Counter

import pytest

from utmlab.fleet.behaviour import MIXES, UnknownMixError, kind_of, read_mix


@pytest.mark.parametrize("name", MIXES)
def test_a_mix_is_known_by_its_name(name):
    assert read_mix(name) == MIXES[name]


def test_a_mix_is_spelled_as_shares():
    assert read_mix("steady=3, laptop=1") == {"steady": 3.0, "laptop": 1.0}


@pytest.mark.parametrize("text", ["", "laptop", "nobody=1", "steady=0", "steady=x", "steady=inf"])
def test_what_is_no_mix_is_refused_and_the_kinds_are_named(text):
    with pytest.raises(UnknownMixError, match="flapping"):
        read_mix(text)


def test_the_same_seed_gives_the_same_kinds_in_about_the_shares():
    mix = read_mix("steady=3,laptop=1")
    kinds = [kind_of(mix, number, 7) for number in range(2000)]
    assert kinds == [kind_of(mix, number, 7) for number in range(2000)]
    assert kinds != [kind_of(mix, number, 8) for number in range(2000)]
    assert 400 < Counter(kinds)["laptop"] < 600
