"""The engine says what the reference says, faster."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from web_policies import NOON, one_action_policy, policies, web_request

from foundation.categories.category import Category
from foundation.categories.category_set import CategorySet
from foundation.categories.demo import demo_categories
from foundation.categories.host_table import HostTable
from foundation.webfilter import engine_patterns, engine_sites
from foundation.webfilter.engine import LONGEST_HOST, MOST_JUDGEMENTS, MOST_PLACES, Engine
from foundation.webfilter.engine_case import MOST_REQUESTERS
from foundation.webfilter.engine_patterns import PatternIndex
from foundation.webfilter.engine_reading import path_of, read_quickly
from foundation.webfilter.engine_verdicts import verdict_like
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.policy import (
    FilterAction,
    LocalSite,
    PolicyRule,
    Profile,
    SiteList,
    TimeWindow,
    WebException,
)
from foundation.webfilter.safe_search import SAFE_SEARCH_RULES
from foundation.webfilter.target import InvalidTargetError, read_target
from foundation.webfilter.verdict import Verdict, VerdictReason, WebRequest

CATEGORIES = CategorySet(
    {
        "games.example": Category((116, 134)),
        "news.example": Category((134,), "trusted"),
        "bad.example": Category((105,), "malicious"),
        "spy.example": Category((105, 150), "suspicious"),
        "nobody.example": Category((9998,), "trusted"),
        "127.0.0.1": Category((115,), "unverified"),
    }
)

REAL_SET = engine_patterns.re2.Set
HOSTILE = [
    "http://games.example/",
    "http://GAMES.example:80/",
    "http://www.games.example:8080/play.exe?x=.zip",
    "https://games.example/setup.exe",
    "https://games.example:8443/",
    "http://user:pass@games.example/",
    "http://a.example\\@games.example/",
    "http://games.example\\@a.example/",
    "http://games.example@news.example/",
    "http://g%61mes.example/",
    "http://\uff47\uff41\uff4d\uff45\uff53.\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45/",
    "http://games。example/",
    "http://bücher.example/straße?q=ü#ß",
    "http://xn--bcher-kva.example/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://0177.0.0.1/x.gz",
    "http://127.1:8000/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]:80/",
    "http://[fe80::1%25eth0]/",
    "http://games.example./",
    "http://games.example.:81/",
    "http://games.example../",
    "http://./",
    "http://.games.example/",
    "http://a..games.example/",
    "http://games.example:99999/",
    "http://games.example:/",
    "http://games.example:0/",
    "http://games.example/?",
    "http://games.example/?#",
    "http://games.example/#a?b",
    "http://games.example?q",
    "http://games.example/a/../b/./c.ZIP",
    "http://games.example/a%2fb.exe",
    "http://spy.example/",
    "http://nobody.example/",
    "http://www.google.com/search?q=cats&safe=off",
    "http://user@www.bing.com:8080/search?q=cats",
    "http://search.yahoo.com./search?p=cats",
    "http://news.example/a",
    "http://news.example/a/b?c=/d.exe",
    "http://news.example/ab",
    "http://games.example/\x00\t\n\r",
    "http:games.example",
    "http:/games.example",
    "http:///games.example",
    "hTTp://games.example/",
    " http://games.example/",
    "games.example/play",
    "games.example:443",
    "[::1]:443",
    "user@games.example:443",
    "ftp://games.example/",
    "javascript:alert(1)",
    "http://\ud800.example/",
    "http://games.example/\ud800",
    "",
    "/",
    "http://",
    "https://@/",
    "http://" + "a" * 70_000 + ".example/",
    "http://games.example/" + "a" * 60_000,
    "http://games.example/play" + '"' * 8_000,
    "https://games.example/play" + '"' * 8_000,
    "http://games.example/play" + "a" * 8_000,
    "http://" + "a." * 3000 + "games.example/",
]
METHODS = ["GET", "CONNECT", "connect", "POST"]


def bare(verdict):
    return replace(verdict, trace=())


def assert_same(policy, request, categories=CATEGORIES, engine=None):
    expected = evaluate(policy, request, categories)
    engine = engine or Engine(policy)
    assert engine.verdict(request, categories) == bare(expected)
    assert engine.verdict(request, categories) == bare(expected)


HOST_PIECES = ["games", "example", "www.", "\uff47", "。", "ü", "0x7f", "127.0.0.1", "[::1]", "."]
OTHER_PIECES = ["http", "https", "://", ":", "/", "\\", "@", "#", "?", "..", "%2e", "%00", "\ud800"]
pieces = st.sampled_from([*HOST_PIECES, *OTHER_PIECES, "443", ".exe", " ", "\t"])
likely = st.tuples(
    st.sampled_from(["http://", "https://", "http://u:p@"]),
    st.sampled_from(["games", "www.games", "news", "spy", "nobody", "bad", "unknown"]).map(
        "{}.example".format
    )
    | st.sampled_from(["www.google.com", "127.1", "[::1]"]),
    st.sampled_from(["", ":80", ":443", ":8080", "."]),
    st.sampled_from(["/", "/a", "/a/b.exe", "/search?q=x", "/X.ZIP?y=.exe", "/f.tar.gz#z"]),
).map("".join)
urls = (
    likely
    | st.sampled_from(HOSTILE)
    | st.lists(pieces, max_size=8).map("".join)
    | st.lists(pieces, max_size=6).map(lambda some: "http://games.example" + "".join(some))
    | st.text(max_size=30).map("http://{}".format)
)
requests = st.builds(
    WebRequest,
    urls,
    st.sampled_from(METHODS),
    st.datetimes(timezones=st.just(NOON.tzinfo), min_value=NOON.replace(tzinfo=None))
    | st.just(NOON),
    user=st.sampled_from(["", "ann", "LAB\\ann", "LAB\\bob", "bob", "OTHER\\BOB"]),
    client_ip=st.sampled_from(["", "10.1.2.3", "192.0.2.1", "::1", "x"]),
    user_agent=st.sampled_from(["", "Mozilla/5.0"]),
    target=st.none(),
)


@given(policies, st.lists(requests, min_size=1, max_size=4))
@settings(max_examples=200)
def test_the_engine_gives_the_verdicts_of_the_reference(policy, asked):
    engine = Engine(policy)
    for request in asked:
        assert_same(policy, request, engine=engine)


@given(st.text() | urls, st.sampled_from(METHODS), st.sampled_from(["host", "url"]))
@settings(max_examples=300)
@example("http://a.:80/", "GET", "url")
def test_a_quick_reading_is_the_slow_one(url, method, sees):
    try:
        slow = read_target(url, method, https_sees=sees)
    except InvalidTargetError:
        with pytest.raises(InvalidTargetError):
            read_quickly(url, method, https_sees=sees)
        return
    quick = read_quickly(url, method, https_sees=sees)
    assert quick == (slow.url, slow.visible, slow.host, slow.is_path_visible)
    if slow.url == url:
        assert read_quickly(slow, method, https_sees=sees) == quick
    assert path_of(slow.url) == slow.path.partition("?")[0]


FULL = one_action_policy(
    FilterAction(
        ref="REF_A",
        categories=(116,),
        warn_categories=(134,),
        quota_categories=(115,),
        block_tags=("red",),
        url_whitelist=(
            SiteList(ref="W1", domains=("www.games.example", "news.example/a")),
            SiteList(ref="W2", mode="Regex", regexps=("^http://[a-z.]*example/.*free",)),
        ),
        url_blacklist=(
            SiteList(ref="B1", domains=("example",), include_subdomains=False),
            SiteList(
                ref="B2",
                mode="Regex",
                regexps=("play", "(a+)+$"),
                domains=("games.example",),
                restrict=True,
            ),
        ),
        min_reputation="neutral",
        extensions=("exe", ".tar.gz", "/x.example", "example/"),
        extensions_warn=("zip", "exe"),
    ),
    exceptions=(
        WebException(ref="E1", domains=("skip\\.me",), skip=("url_filter",)),
        WebException(
            ref="E2", operator="AND", users=("ann",), categories=(134,), skip=("extensions",)
        ),
        WebException(ref="E3", user_agents=("updater",), skip=("log_access", "url_filter")),
        WebException(ref="E4", skip=("url_filter",)),
    ),
    local_sites=(
        LocalSite(ref="L1", site="games.example", include_subdomains=True, tags=("red",)),
        LocalSite(ref="L2", site="www.games.example/x", category=134, reputation="trusted"),
    ),
)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("url", HOSTILE, ids=lambda url: ascii(url)[:40])
def test_web_06_hostile_urls_get_the_verdict_of_the_reference(url, method):
    for agent in ("", "Updater/1"):
        assert_same(FULL, web_request(url, method, user="ann", user_agent=agent))


def test_times_are_asked_again_for_each_request():
    window = TimeWindow(start=(NOON - timedelta(hours=1)).time(), end=NOON.time(), weekdays=(4,))
    rule = PolicyRule(ref="R", time=window, action_ref="REF_B")
    base = Profile(ref="P", rules=(rule,), default_action_ref="REF_A", is_base=True)
    policy = replace(
        FULL, profiles=(base,), actions=(*FULL.actions, FilterAction(ref="REF_B", name="B"))
    )
    engine = Engine(policy)

    for at in (NOON - timedelta(minutes=1), NOON, NOON - timedelta(seconds=1)):
        assert_same(policy, web_request(at=at), engine=engine)


@pytest.mark.parametrize("url", ["http://unknown.example/a.exe", "http://unknown.example/A.zip?x"])
def test_an_extension_on_both_lists_blocks(url):
    action = FilterAction(ref="REF_A", extensions=("exe",), extensions_warn=("exe", "zip"))
    assert_same(one_action_policy(action), web_request(url))


def test_a_restricted_pattern_is_tried_below_its_domains_too():
    entry = SiteList(
        ref="B", mode="Regex", regexps=("play",), domains=("unknown.example",), restrict=True
    )
    policy = one_action_policy(FilterAction(ref="REF_A", url_blacklist=(entry,)))
    for host in ("unknown.example", "www.unknown.example", "other.example"):
        assert_same(policy, web_request(f"http://{host}/play"))


def test_a_dangling_action_blocks():
    policy = replace(FULL, actions=())
    assert_same(policy, web_request())
    assert Engine(policy).verdict(web_request(), CATEGORIES).reason is VerdictReason.NO_POLICY


def test_a_policy_without_profile_allows():
    assert_same(replace(FULL, profiles=()), web_request())


def test_what_is_remembered_is_bounded():
    engine = Engine(FULL)
    for number in range(MOST_REQUESTERS + 10):
        engine.verdict(web_request(user=f"user{number}"), CATEGORIES)
    assert len(engine._requesters._known) <= MOST_REQUESTERS
    engine._judgements = dict.fromkeys(range(MOST_JUDGEMENTS), None)
    engine.verdict(web_request(), CATEGORIES)
    assert len(engine._judgements) == 1
    engine._places = dict.fromkeys(range(MOST_PLACES), None)
    engine.verdict(web_request(f"http://{'a.' * LONGEST_HOST}example/"), CATEGORIES)
    assert not engine._places


def test_a_remembered_host_gets_what_the_categories_say_now():
    engine = Engine(FULL)
    before = CategorySet({"games.example": Category((105,))})
    for categories in (before, CATEGORIES, CategorySet({})):
        assert_same(FULL, web_request(), categories, engine)


def test_a_remembered_host_is_asked_for_each_path():
    engine = Engine(FULL)
    for path in ("", "a", "a/b", "ab", "?/a", "free", "x/y"):
        assert_same(FULL, web_request(f"http://news.example/{path}"), engine=engine)
        assert_same(FULL, web_request(f"http://www.games.example/{path}"), engine=engine)


def test_a_large_list_is_looked_up_in_a_trie_with_the_same_verdicts(monkeypatch):
    monkeypatch.setattr(engine_sites, "LARGE", 3)
    domains = tuple(f"site{number}.example" for number in range(300))
    policy = one_action_policy(
        FilterAction(
            ref="REF_A",
            url_blacklist=(
                SiteList(ref="B1", domains=domains[:200], include_subdomains=True),
                SiteList(ref="B2", domains=domains[100:]),
            ),
        )
    )
    engine = Engine(policy)
    assert isinstance(engine._lists.sites._exact, HostTable)
    assert isinstance(engine._lists.sites._inside, HostTable)
    for host in ("site7", "a.site7", "site150", "a.site150", "site250", "a.site250", "site", "7"):
        assert_same(policy, web_request(f"http://{host}.example/"), engine=engine)


def test_patterns_are_found_also_where_one_set_cannot_hold_them(monkeypatch):
    monkeypatch.setattr(engine_patterns, "AUTOMATON_MEMORY", 1 << 13)
    texts = [f"^https?://[a-z0-9.-]*word{number}\\.example/" for number in range(40)]
    index = PatternIndex([*texts, "[", "(?=x)"], case="insensitive")

    assert len(index._sets) + len(index._alone) > 1
    for number in (0, 17, 39):
        found = index.found_in(f"http://www.WORD{number}.example/")
        assert found == (index.numbers[texts[number]],)
    assert "[" not in index.numbers


class SilentSet:
    """A set of RE2 that answers "nothing" once it holds more than a pattern and the probe."""

    def __init__(self, options):
        self._real, self._count = REAL_SET.SearchSet(options), 0
        self.Compile = self._real.Compile

    def Add(self, text):  # noqa: N802 - RE2's own name
        self._count += 1
        return self._real.Add(text)

    def Match(self, text):  # noqa: N802 - RE2's own name
        return self._real.Match(text) if self._count <= 2 else []


def test_a_set_that_gives_up_without_saying_so_is_noticed(monkeypatch):
    monkeypatch.setattr(engine_patterns.re2, "Set", SimpleNamespace(SearchSet=SilentSet))
    index = PatternIndex(["games", "chess", "go"], case="insensitive")

    assert sorted(index.found_in("http://chess.example/games")) == [0, 1]


@pytest.mark.parametrize(
    "url",
    [
        "http://www.google.com/search?q=cats&safe=off",
        "http://www.bing.com/search?q=cats",
        "https://www.bing.com/search?q=cats",
        "http://search.yahoo.com/search?vm=p",
        "http://bing.com.example/search?q=x",
        "http://user@www.google.de/search",
    ],
)
@pytest.mark.parametrize("skip", [(), ("url_filter",)])
@pytest.mark.parametrize("uncategorized", ["allow", "warn", "block"])
def test_searches_are_rewritten_alike(url, skip, uncategorized):
    action = FilterAction(
        ref="REF_A", safe_search=("google", "bing", "yahoo"), uncategorized=uncategorized
    )
    exception = WebException(ref="E", users=("ann",), skip=skip)
    policy = one_action_policy(action, exceptions=(exception,))
    for sees in ("host", "url"):
        seeing = replace(policy, switches=(("https_sees", sees),))
        assert_same(seeing, web_request(url, user="ann"))


def test_an_engine_s_name_is_in_all_of_its_hosts():
    for rule in SAFE_SEARCH_RULES:
        assert rule.engine in rule.hosts.replace("\\.", ".")
        assert f"|{rule.engine}" not in rule.hosts


def test_a_verdict_like_another_has_all_of_its_fields():
    like = evaluate(FULL, web_request(), CATEGORIES)
    made = verdict_like(like, "http://x/", "x", "http://y/")

    assert made == replace(like, url="http://x/", host="x", rewritten_url="http://y/", trace=())
    assert type(made) is Verdict
    with pytest.raises(AttributeError):
        made.url = "other"


def test_the_demo_categories_work_alike():
    for host in ("games.example", "www.news.example", "uncategorized.example"):
        assert_same(FULL, web_request(f"http://{host}/"), demo_categories())
