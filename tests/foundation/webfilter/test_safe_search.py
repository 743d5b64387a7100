"""SafeSearch: what a search engine is asked for instead."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proxy_world import Origin, proxy_world

from foundation.categories.demo import demo_categories
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.policy import FilterAction, Profile, WebException, WebPolicy
from foundation.webfilter.policy_xml import decode_web_policy, encode_web_policy
from foundation.webfilter.safe_search import safe_search_url
from foundation.webfilter.verdict import WebRequest

ALL = ("google", "bing", "yahoo")


def policy(**parts):
    action = FilterAction(ref="REF_A", **{"safe_search": ALL, **parts.pop("action", {})})
    base = Profile(ref="REF_P", default_action_ref="REF_A", is_base=True)
    return WebPolicy(group_ref="REF_G", profiles=(base,), actions=(action,), **parts)


def verdict(url, rules=None, method="GET"):
    request = WebRequest(url, method, datetime(2026, 1, 1, tzinfo=UTC))
    return evaluate(rules or policy(), request, demo_categories())


@pytest.mark.parametrize(
    ("url", "rewritten"),
    [
        ("http://www.google.com/search?q=x", "http://www.google.com/search?q=x&safe=active"),
        ("http://google.co.uk/search?q=x", "http://google.co.uk/search?q=x&safe=active"),
        ("http://www.google.de:8080/images", "http://www.google.de:8080/images?safe=active"),
        (
            "http://www.bing.com/images/search?q=x",
            "http://www.bing.com/images/search?q=x&adlt=strict",
        ),
        ("http://de.search.yahoo.com/search?p=x", "http://de.search.yahoo.com/search?p=x&vm=r"),
    ],
)
def test_each_engine_hears_its_own_parameter(url, rewritten):
    assert verdict(url).rewritten_url == rewritten


@pytest.mark.parametrize(
    "written", ["safe=off", "SAFE=off", "%73afe=off", "safe", "safe=active&safe=off", "+safe=off"]
)
def test_what_the_user_wrote_does_not_count(written):
    rewritten = safe_search_url(ALL, f"http://www.google.com/search?{written}&q=a%26safe=b")
    assert rewritten == "http://www.google.com/search?q=a%26safe=b&safe=active"


@pytest.mark.parametrize(
    "url",
    [
        "http://www.google.com/search?q=x&safe=active",
        "http://www.google.com/maps?q=x",
        "http://www.google.com.evil.example/search?q=x",
        "http://notbing.com/search?q=x",
        "http://games.example/search?q=x",
    ],
)
def test_what_is_safe_or_no_search_stays_as_it_is(url):
    assert verdict(url).rewritten_url == ""


def test_only_the_engines_that_are_switched_on_are_told():
    rules = policy(action={"safe_search": ("bing",)})
    assert verdict("http://www.google.com/search?q=x", rules).rewritten_url == ""
    assert verdict("http://www.bing.com/search?q=x", rules).rewritten_url


def test_a_block_rewrites_nothing():
    rules = policy(action={"uncategorized": "block"})
    assert verdict("http://www.bing.com/search?q=x", rules).rewritten_url == ""


def test_an_exception_from_the_url_filter_leaves_it_out():
    free = WebException(ref="REF_E", domains=("^http://www\\.bing\\.com/",), skip=("url_filter",))
    found = verdict("http://www.bing.com/search?q=x", policy(exceptions=(free,)))
    assert found.rewritten_url == ""
    assert ("safe search", "skipped") in [(step.rule, step.outcome) for step in found.trace]


def test_inside_https_nothing_is_seen_unless_it_is_intercepted():
    url = "https://www.google.com/search?q=x"
    assert verdict(url).rewritten_url == ""
    seen = policy(switches=(("https_sees", "url"),))
    assert verdict(url, seen).rewritten_url == f"{url}&safe=active"
    assert verdict("www.google.com:443", seen, "CONNECT").rewritten_url == ""


def test_the_trace_tells_what_is_asked_for():
    step = verdict("http://www.bing.com/search?q=x").trace[-1]
    assert (step.rule, step.ref, step.outcome) == ("safe search", "REF_A", "match")
    assert step.why.endswith("q=x&adlt=strict")


def test_it_travels_in_the_document():
    assert decode_web_policy(encode_web_policy(policy())) == policy()


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=60)
)
def test_asking_again_changes_nothing(query):
    url = f"http://www.google.com/search?{query}"
    once = safe_search_url(ALL, url) or url
    assert safe_search_url(ALL, once) == ""
    assert once.count("safe=active") >= 1


async def test_the_filter_asks_the_engine_for_the_safe_search():
    origin = Origin()
    server = await asyncio.start_server(origin.serve, "127.0.0.1", 0)
    place = {"www.bing.com": server.sockets[0].getsockname()[:2]}
    async with server, proxy_world(policy(), origin, connect_to=place) as world:
        code, out, _ = await world.curl("http://www.bing.com/search?q=cats&adlt=off")
        again = await world.curl("-d", "q=cats", "http://www.bing.com/search")
        (first, _) = await world.wait_activities(2)
    assert (code, out, again[1]) == (0, "hello from the origin", "hello from the origin")
    assert world.origin.requests[0].startswith(
        b"GET /search?q=cats&adlt=strict HTTP/1.1\r\nHost: www.bing.com\r\n"
    )
    assert world.origin.requests[1].startswith(b"POST /search?adlt=strict HTTP/1.1\r\n")
    assert first.request.url == "http://www.bing.com/search?q=cats&adlt=off"
