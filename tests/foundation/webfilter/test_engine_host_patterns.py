"""Which patterns hold below one domain only."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.categories.hosts import is_within
from foundation.webfilter.engine_host_patterns import domain_of
from foundation.webfilter.patterns import compile_pattern, pattern_or_none
from foundation.webfilter.target import read_target


@pytest.mark.parametrize(
    ("pattern", "domain"),
    [
        (r"^https?://([A-Za-z0-9.-]*\.)?games\.example/", "games.example"),
        (r"^https?://(?:[^/]+\.)?games\.example/", "games.example"),
        (r"^http://WWW\.games\.example/play\?x=(a)", "www.games.example"),
        (r"^https?:\/\/games\.example\/", "games.example"),
    ],
)
def test_a_pattern_of_one_domain_is_recognised(pattern, domain):
    assert domain_of(pattern) == domain


@pytest.mark.parametrize(
    "pattern",
    [
        r"https?://games\.example/",
        r"^https?://games\.example",
        r"^https?://games\.example/?",
        r"^https?://games\.example/*",
        r"^https?://games\.example/{0}",
        r"^https?://games\.example/|other",
        r"^https?://games.example/",
        r"^https?://([.-9]*\.)?games\.example/",
        r"^https?://([^.]*\.)?games\.example/",
        r"^https?://(.*\.)?games\.example/",
        r"^https?://[a-z]*games\.example/",
        r"^https?://games\.exampl[e]/",
        r"^https?://0\.1/",
        r"(?m)^https?://games\.example/",
        "",
    ],
)
def test_any_other_pattern_is_searched_for_everywhere(pattern):
    assert domain_of(pattern) == ""


starts = st.sampled_from(["^https?://", "^http://", "https?://", "^https?:\\/\\/", "^"])
parents = st.sampled_from(
    [
        r"([A-Za-z0-9.-]*\.)?",
        r"([a-z]+\.)*",
        r"(?:[^/]+\.)?",
        r"([.-9]*\.)?",
        r"([^x]*\.)",
        r"(.*\.)?",
        "a?",
        "[^/]*",
        "",
    ]
)
ends = st.sampled_from(["/", "/?", "/+", "/{0,1}", "\\/", "/a|b", "$", "/a/b", "/.*b"])
hosts = st.sampled_from(
    ["games.example", "a.games.example", "xgames.example", "a_b.games.example", "b.example"]
)
TAILS = ("/", ":81/", "/a.games.example/", "/a/b", "/?http://games.example/", "//", "/b")


domains = st.sampled_from([r"games\.example", r"Games\.Example", "games"])


@given(starts, parents, domains, ends, hosts)
@settings(max_examples=400, deadline=None)
def test_a_recognised_pattern_matches_nowhere_else(start, parent, domain, end, host):
    pattern = start + parent + domain + end
    told = domain_of(pattern)
    if not told or pattern_or_none(pattern) is None:
        return
    for tail in TAILS:
        target = read_target(f"http://{host}{tail}")
        if compile_pattern(pattern).is_found_in(target.visible):
            assert is_within(target.host, told)
