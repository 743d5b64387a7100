import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.categories.hosts import InvalidHostError, is_within, normalise_host


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("Games.Example", "games.example"),
        ("games.example.", "games.example"),
        ("games.example..", "games.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("g%61mes.example", "games.example"),
        ("\uff47ames.example", "games.example"),
        ("0x7f.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("::1", "[::1]"),
        ("[0:0:0:0:0:0:0:1]", "[::1]"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
    ],
)
def test_every_spelling_of_a_host_becomes_one(written, host):
    assert normalise_host(written) == host


@pytest.mark.parametrize(
    "text", ["", ".", "a b", "a/b", "user@a", "a:80", "a\\b", "a?b", "a#b", "%00", "\ud800", "[::1"]
)
def test_what_is_more_or_less_than_a_host_is_refused(text):
    with pytest.raises(InvalidHostError):
        normalise_host(text)


@given(st.text(max_size=60))
def test_normalising_is_idempotent_and_refuses_only_in_its_own_words(text):
    try:
        host = normalise_host(text)
    except InvalidHostError:
        return
    assert normalise_host(host) == host


def test_a_subdomain_is_within_its_domain_and_a_longer_word_is_not():
    assert is_within("a.games.example", "games.example")
    assert not is_within("badgames.example", "games.example")
