from datetime import UTC, datetime

import pytest

from foundation.categories.demo import demo_categories
from foundation.categories.hosts import InvalidHostError
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.verdict import WebRequest
from utm.confd import ObjectLockedError
from utm.web_policy import GroupGoneError, compile_group
from utm.web_policy_edits import FilterActionSharedError, allow, block, warn

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def sales(appliance):
    """A group whose profile has a filter action of its own."""
    group = appliance.create("epp", "endpoints_group", name="Sales", web_control=True)
    action = appliance.create("http", "cff_action", name="For Sales", mode="allow")
    appliance.create(
        "http",
        "profile",
        name="Roaming",
        status=True,
        endpoints_groups=[group],
        default_cff_action=action,
    )
    return group


def do(appliance, verb, host, group, **options):
    with appliance.edit(f"{verb.__name__} {host}") as edit:
        return verb(edit, host, group, **options)


def verdict(appliance, group, url):
    policy, _ = compile_group(appliance.snapshot, group)
    return evaluate(policy, WebRequest(url, "GET", NOON), demo_categories()).action


def test_block_edits_the_url_list_of_the_action_that_decides(appliance, sales):
    done = do(appliance, block, "News.Example.", sales)
    assert done.host == "news.example"
    assert done.filter_action_name == "For Sales"
    entry_ref, action_ref = done.objects
    entry = appliance.confd.get(entry_ref)
    assert entry.full_type == "http/domain_regex"
    assert (entry.texts("domain"), entry.is_on("include_subdomains")) == (("news.example",), True)
    assert action_ref == done.filter_action_ref
    assert appliance.confd.get(action_ref).texts("url_blacklist") == (entry_ref,)
    assert verdict(appliance, sales, "http://www.news.example/") == "block"


def test_allow_beats_a_blocked_category(appliance, sales):
    action = appliance.confd.named("http", "cff_action", "For Sales")
    appliance.change(action.ref, sp_categories=["REF_GamesGambles"])
    assert verdict(appliance, sales, "http://games.example/") == "block"
    do(appliance, allow, "games.example", sales)
    assert verdict(appliance, sales, "http://games.example/") == "allow"


def test_warn_makes_a_local_site_with_a_tag_and_puts_it_into_warn_tags(appliance, sales):
    done = do(appliance, warn, "news.example", sales)
    objects = [appliance.confd.get(ref) for ref in done.objects]
    tag, action, site = objects
    assert [each.full_type for each in objects] == [
        "http/lsl_tag",
        "http/cff_action",
        "http/local_site",
    ]
    assert action.texts("warn_tags") == (tag.ref,)
    assert (site.text("site"), site.texts("tags")) == ("news.example", (tag.ref,))
    assert appliance.confd.node("http.local_site_list") == (site.ref,)
    assert verdict(appliance, sales, "http://www.news.example/") == "warn"


def test_a_second_warning_uses_the_same_tag(appliance, sales):
    first = do(appliance, warn, "news.example", sales)
    second = do(appliance, warn, "shop.example", sales)
    (site,) = second.objects
    assert appliance.confd.get(site).texts("tags") == first.objects[:1]


def test_a_warning_for_one_group_is_none_for_another(appliance, sales):
    appliance.change("REF_EppEndDefault", web_control=True)
    do(appliance, warn, "news.example", sales)
    assert verdict(appliance, "REF_EppEndDefault", "http://news.example/") == "allow"
    do(appliance, warn, "news.example", "REF_EppEndDefault")
    assert len(appliance.confd.objects("http", "local_site")) == 1
    assert verdict(appliance, "REF_EppEndDefault", "http://news.example/") == "warn"
    assert verdict(appliance, sales, "http://news.example/") == "warn"


def test_a_tag_that_another_action_uses_too_is_not_used_for_new_warnings(appliance, sales):
    tag = do(appliance, warn, "news.example", sales).objects[0]
    appliance.change("REF_DefaultHTTPCFFAction", warn_tags=[tag])
    appliance.change("REF_EppEndDefault", web_control=True)
    do(appliance, warn, "shop.example", sales)
    assert verdict(appliance, sales, "http://shop.example/") == "warn"
    assert verdict(appliance, "REF_EppEndDefault", "http://shop.example/") == "allow"


@pytest.mark.parametrize("first", [block, allow, warn])
@pytest.mark.parametrize("last", [block, allow, warn])
def test_the_last_edit_wins_and_repeating_it_changes_nothing(appliance, sales, first, last):
    do(appliance, first, "news.example", sales)
    do(appliance, last, "news.example", sales)
    assert verdict(appliance, sales, "http://news.example/") == last.__name__
    number = appliance.confd.number
    assert do(appliance, last, "news.example", sales).objects == ()
    assert appliance.confd.number == number


def test_entries_that_nobody_uses_any_more_are_deleted(appliance, sales):
    do(appliance, block, "news.example", sales)
    do(appliance, allow, "news.example", sales)
    assert len(appliance.confd.objects("http", "domain_regex")) == 1


def test_a_host_leaves_a_longer_list_alone(appliance, sales):
    entry = appliance.create(
        "http", "domain_regex", name="ours", mode="Domain", domain=["a.example", "news.example"]
    )
    action = appliance.confd.named("http", "cff_action", "For Sales")
    appliance.change(action.ref, url_whitelist=[entry])
    done = do(appliance, block, "news.example", sales)
    assert entry in done.objects
    assert appliance.confd.get(entry).texts("domain") == ("a.example",)


def test_a_longer_list_that_another_action_uses_is_copied(appliance, sales):
    entry = appliance.create(
        "http", "domain_regex", name="ours", mode="Domain", domain=["a.example", "news.example"]
    )
    action = appliance.confd.named("http", "cff_action", "For Sales")
    appliance.change(action.ref, url_whitelist=[entry])
    appliance.change("REF_DefaultHTTPCFFAction", url_whitelist=[entry])
    do(appliance, block, "news.example", sales)
    assert appliance.confd.get(entry).texts("domain") == ("a.example", "news.example")
    (copy,) = appliance.confd.get(action.ref).texts("url_whitelist")
    assert copy != entry
    assert appliance.confd.get(copy).texts("domain") == ("a.example",)
    assert verdict(appliance, sales, "http://news.example/") == "block"


def test_what_still_contradicts_is_named_and_left_alone(appliance, sales):
    pattern = appliance.create(
        "http", "domain_regex", name="all", mode="Regex", regexps=[r"\.example"]
    )
    action = appliance.confd.named("http", "cff_action", "For Sales")
    appliance.change(action.ref, url_whitelist=[pattern])
    for verb in (block, warn):
        assert do(appliance, verb, "news.example", sales).overruled_by == (pattern,)
    assert do(appliance, allow, "news.example", sales).overruled_by == ()


@pytest.mark.parametrize("verb", [block, allow, warn])
def test_an_action_of_several_groups_is_refused_naming_them_unless_told(appliance, sales, verb):
    profile = appliance.confd.named("http", "profile", "Roaming")
    lab = appliance.create("epp", "endpoints_group", name="Lab", web_control=True)
    appliance.change(profile.ref, endpoints_groups=[sales, lab])
    before = appliance.stored()
    with pytest.raises(FilterActionSharedError, match="also for Lab") as caught:
        do(appliance, verb, "news.example", sales)
    assert caught.value.groups == (lab,)
    assert appliance.stored() == before
    do(appliance, verb, "news.example", sales, shared=True)
    assert verdict(appliance, lab, "http://news.example/") == verb.__name__


def test_a_group_with_web_control_off_does_not_share(appliance, sales):
    profile = appliance.confd.named("http", "profile", "Roaming")
    lab = appliance.create("epp", "endpoints_group", name="Lab")
    appliance.change(profile.ref, endpoints_groups=[sales, lab])
    assert do(appliance, block, "news.example", sales).objects


@pytest.mark.parametrize(
    "host", ["", "http://a.example/", "a.example:80", "a b", "a.example/x", ",,,"]
)
def test_what_is_no_host_is_refused(appliance, sales, host):
    with pytest.raises(InvalidHostError):
        do(appliance, block, host, sales)


def test_a_group_that_is_gone_is_refused(appliance):
    with pytest.raises(GroupGoneError):
        do(appliance, block, "a.example", "REF_Nothing")


def test_a_locked_filter_action_is_not_edited(appliance, sales):
    profile = appliance.confd.named("http", "profile", "Roaming")
    appliance.change(profile.ref, default_cff_action="REF_DefaultHTTPCFFBlockAction")
    before = appliance.stored()
    with pytest.raises(ObjectLockedError):
        do(appliance, allow, "news.example", sales)
    assert appliance.stored() == before
