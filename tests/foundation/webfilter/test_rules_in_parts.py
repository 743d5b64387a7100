"""Patterns, switches, users, addresses, destinations: the small parts of the filter."""

import pytest
from web_policies import one_action_policy

from foundation.webfilter.conditions import is_address_in, is_user_in
from foundation.webfilter.destinations import mapped_address
from foundation.webfilter.headers import Fields
from foundation.webfilter.pages import Pages
from foundation.webfilter.patterns import PatternRefusedError, compile_pattern
from foundation.webfilter.refusals import DestinationRefusedError
from foundation.webfilter.sites import split_site
from foundation.webfilter.switches import SWITCHES, SwitchBoard, UnknownSwitchError, check_switch
from foundation.webfilter.target import LONGEST_URL, InvalidTargetError, read_target
from foundation.webfilter.verdict import Verdict, VerdictReason


def test_a_pattern_searches_the_whole_url_and_ignores_case_unless_told():
    assert compile_pattern("GAMES").is_found_in("http://games.example/")
    assert not compile_pattern("GAMES", case="sensitive").is_found_in("http://games.example/")


def test_a_shell_pattern_is_refused_with_what_was_meant():
    with pytest.raises(PatternRefusedError) as caught:
        compile_pattern("*.example.com")

    meant = compile_pattern(caught.value.suggestion)
    assert meant.is_found_in("http://www.example.com/")
    assert meant.is_found_in("https://example.com/")
    assert not meant.is_found_in("http://search.test/?q=www.example.com/")


@pytest.mark.parametrize("pattern", ["(?=x)", "(?!x)", r"(a)\1", "[", "(", "", "a" * 5000])
def test_what_re2_does_not_know_is_refused_with_a_reason(pattern):
    with pytest.raises(PatternRefusedError) as caught:
        compile_pattern(pattern)

    assert caught.value.reason
    assert 0 <= caught.value.position <= len(pattern)


def test_a_pattern_that_hangs_other_engines_is_harmless():
    pattern = compile_pattern("(a+)+$")

    assert not pattern.is_found_in("a" * 50_000 + "!")  # elsewhere 2 to the 50,000 steps


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("(?:a|b|ab){500}c", "(?:a|b|ab)+c"),
        (r"[A-Za-z0-9._-]{1,255}\.example/", r"[A-Za-z0-9._-]+\.example/"),
        ("x[^/]{0,200}y", "x[^/]*y"),
        (r"/\pL+/", "/[a-z]+/"),
    ],
)
def test_web_06_a_pattern_that_becomes_too_large_is_refused_with_what_was_meant(pattern, meant):
    with pytest.raises(PatternRefusedError, match="steps and 640 may be") as caught:
        compile_pattern(pattern)

    assert caught.value.suggestion == meant
    assert pattern[caught.value.position] in "{/"


def test_too_many_words_in_one_pattern_are_refused_and_eighty_are_not():
    words = [f"{chr(97 + n % 26)}word{n}" for n in range(200)]

    assert compile_pattern("|".join(words[:80]))
    with pytest.raises(PatternRefusedError, match="several patterns"):
        compile_pattern("|".join(words))


@pytest.mark.parametrize("case", ["insensitive", "sensitive"])
@pytest.mark.parametrize("pattern", ["[A-Z]" * 120, "(?:ab|Ab|aB|AB)" * 90])
def test_a_pattern_is_refused_in_either_case_when_it_is_too_large_in_one(pattern, case):
    with pytest.raises(PatternRefusedError, match="steps"):
        compile_pattern(pattern, case=case)


@pytest.mark.parametrize("start", ["http://games.example/", "https://games.example/"])
@pytest.mark.parametrize("longer", [0, 1])
def test_a_url_is_read_up_to_the_longest_also_in_its_normal_form(start, longer):
    plain = start.ljust(LONGEST_URL + longer, "a")
    quoted = start.ljust(LONGEST_URL - 3 + longer, "a") + '"'

    for url in (plain, quoted):  # a quotation mark becomes three characters
        if longer:
            with pytest.raises(InvalidTargetError, match="8192 are read"):
                read_target(url)
        else:
            assert len(read_target(url).url) == LONGEST_URL


def test_every_switch_has_a_default_a_provenance_and_a_meaning():
    for switch in SWITCHES.values():
        assert switch.default in switch.values
        assert len(switch.values) > 1
        assert switch.provenance.split()[0].strip(";:,") in {
            "public",
            "documented",
            "recalled",
            "inferred",
            "seed",
            "ours",
        }
        assert switch.meaning.endswith(".")


def test_an_unknown_switch_or_value_is_refused_by_name_and_ignored_by_evaluation():
    with pytest.raises(UnknownSwitchError, match="nonsense"):
        check_switch("nonsense", "true")
    with pytest.raises(UnknownSwitchError, match="maybe"):
        check_switch("tag_order", "maybe")
    assert SwitchBoard([("tag_order", "maybe")]).value("tag_order") == "block_first"


@pytest.mark.parametrize(
    ("user", "listed", "optional", "exact"),
    [
        ("LAB\\Ann", "ann", True, False),
        ("ann", "LAB\\ann", True, False),
        ("LAB\\ann", "lab\\ANN", True, True),
        ("LAB\\ann", "OTHER\\ann", False, False),
        ("", "", False, False),
    ],
)
def test_a_domain_in_front_of_a_user_is_optional_unless_switched(user, listed, optional, exact):
    assert is_user_in(user, [listed], SwitchBoard()) is optional
    assert is_user_in(user, [listed], SwitchBoard([("user_domain", "exact")])) is exact


def test_addresses_match_networks_of_their_own_version_only():
    assert is_address_in("10.1.2.3", ["nonsense", "::/0", "10.0.0.0/8"])
    assert not is_address_in("10.1.2.3", ["::/0"])
    assert is_address_in("[fd00::1]", ["fd00::/8"])
    assert not is_address_in("", ["0.0.0.0/0"])


def test_the_nearest_pattern_of_the_lab_internet_wins():
    table = {
        "*": ("0", 0),
        "*.example": ("1", 1),
        "*.b.example": ("2", 2),
        "*.example:443": ("3", 3),
        "a.b.example": ("4", 4),
    }

    assert mapped_address(table, "x.example", 80) == ("1", 1)
    assert mapped_address(table, "x.example", 443) == ("3", 3)
    assert mapped_address(table, "x.b.example", 443) == ("2", 2)
    assert mapped_address(table, "a.b.example", 80) == ("4", 4)
    assert mapped_address(table, "x.test", 80) == ("0", 0)
    assert mapped_address({}, "x.test", 80) is None


def test_connection_names_further_hop_by_hop_headers():
    fields = Fields([(b"Connection", b"close, X-A"), (b"X-a", b"1"), (b"X-B", b"2"), (b"TE", b"x")])

    assert fields.for_client() == [b"X-B: 2"]


def test_connection_names_hop_by_hop_headers_in_its_second_line_too():
    lines = [(b"Connection", b"close"), (b"connection", b"X-A"), (b"X-a", b"1"), (b"Host", b"x")]

    assert Fields(lines).for_client() == [b"Host: x"]
    assert Fields(lines).for_origin() == []


@pytest.mark.parametrize(
    ("site", "parts"),
    [
        ("Games.Example", ("games.example", "")),
        ("http://games.example/a/b", ("games.example", "/a/b")),
        ("games.example/", ("games.example", "")),
        ("games.example:80", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_listed_site_is_a_host_and_perhaps_a_path(site, parts):
    assert split_site(site) == parts


def test_a_target_keeps_port_and_query_and_forgets_passwords():
    target = read_target("HTTP://u:p@Games.Example:8080/a/../b?c#d")

    assert target.url == "http://games.example:8080/b?c"
    assert target.authority == "games.example:8080"


@pytest.mark.parametrize("authority", ["a/b:443", "a b:443", "u@a:443", "", "a:b", ":443"])
def test_a_connect_needs_an_authority(authority):
    with pytest.raises(InvalidTargetError):
        read_target(authority, "CONNECT")


def test_pages_escape_every_value_and_have_nothing_inline():
    verdict = Verdict(
        action="warn",
        reason=VerdictReason.CATEGORY,
        url="http://x.example/<script>alert(1)</script>\"'",
        host="x.example",
        filter_action_name="<i>",
    )
    html = Pages().warn(verdict, user="<u>", token='t"x', accept="text/html").body.decode()

    assert "<script" not in html
    assert "<i>" not in html
    assert "<u>" not in html
    assert 'value="t&quot;x"' in html
    assert "style=" not in html
    assert "<style" not in html


def test_a_page_for_a_refusal_says_what_to_do():
    page = Pages().refusal(DestinationRefusedError("no <way>"), accept="text/html")

    assert b"no &lt;way&gt;" in page.body
    assert b"destination_refused" in page.body


def test_the_policy_finds_its_actions_by_reference():
    policy = one_action_policy()

    assert policy.action("REF_A") is policy.actions[0]
    assert policy.action("REF_NO") is None
