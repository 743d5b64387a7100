from types import MappingProxyType

import pytest

from foundation.protocol.policies import seal
from foundation.webfilter.policy_xml import decode_web_policy, encode_web_policy
from utm.confd import Snapshot
from utm.switches import set_switch
from utm.web_policy import (
    BaseProfileMissingError,
    GroupGoneError,
    ReferencedObjectGoneError,
    compile_group,
)


def without(snapshot, *refs):
    kept = {ref: each for ref, each in snapshot.objects.items() if ref not in refs}
    return Snapshot(snapshot.number, MappingProxyType(kept), snapshot.nodes)


def test_a_group_with_web_control_off_gets_a_policy_that_says_so(lab):
    lab.change(lab.sales, web_control=False)
    policy, warnings = compile_group(lab.appliance.snapshot, lab.sales)
    assert not policy.web_control
    assert (policy.group_ref, policy.group_name) == (lab.sales, "Sales")
    assert (policy.profiles, policy.actions, policy.exceptions, warnings) == ((), (), (), ())


def test_the_switch_of_the_feature_switches_every_group_off(lab):
    lab.set_node("epp.status.wc", False)
    assert not lab.compile(lab.default).web_control


def test_super_categories_become_numeric_ids(lab):
    action = lab.action("A", sp_categories=["REF_Weapons", "REF_GamesGambles"])
    lab.profile("Roaming", action, lab.sales)
    assert lab.compile(lab.sales).action(action).categories == (115, 116, 155, 166)


def test_the_admin_may_change_what_a_super_category_holds(lab):
    action = lab.action("A", sp_categories=["REF_Weapons"])
    lab.profile("Roaming", action, lab.sales)
    lab.change("REF_Weapons", subcats=["REF_HttSpsWeapons", "REF_HttSpsViolence"])
    assert lab.compile(lab.sales).action(action).categories == (153, 155)


def test_the_filter_action_travels_field_by_field(lab):
    banned = lab.create(
        "http",
        "domain_regex",
        name="banned",
        mode="Regex",
        regexps=["evil"],
        domain=["a.example"],
        restrict_regex=True,
    )
    tags = [lab.create("http", "lsl_tag", name=name) for name in ("a", "b", "w")]
    action = lab.action(
        "A",
        mode="deny",
        sp_categories_warn=["REF_Weapons"],
        allow_tags=[tags[0]],
        block_tags=[tags[1]],
        warn_tags=[tags[2]],
        url_blacklist=[banned],
        uncategorized_websites="block",
        sp_minreputation="neutral",
        extensions=["exe"],
        extensions_warn=["zip"],
        contenttype_blacklist=["video/mp4"],
        contenttype_blacklist_warn=["audio/mpeg"],
        log_access=True,
    )
    lab.profile("Roaming", action, lab.sales)
    compiled = lab.compile(lab.sales).action(action)
    (entry,) = compiled.url_blacklist
    assert (entry.ref, entry.mode, entry.regexps, entry.domains, entry.restrict) == (
        banned,
        "Regex",
        ("evil",),
        ("a.example",),
        True,
    )
    assert (compiled.mode, compiled.warn_categories) == ("deny", (155,))
    assert (compiled.allow_tags, compiled.block_tags, compiled.warn_tags) == (
        (tags[0],),
        (tags[1],),
        (tags[2],),
    )
    assert (compiled.uncategorized, compiled.min_reputation) == ("block", "neutral")
    assert (compiled.extensions, compiled.extensions_warn) == (("exe",), ("zip",))
    assert (compiled.content_types, compiled.content_types_warn) == (
        ("video/mp4",),
        ("audio/mpeg",),
    )
    assert (compiled.log_access, compiled.log_blocked) == (True, False)


def test_local_sites_override_category_and_reputation_and_carry_tags(lab):
    tag = lab.create("http", "lsl_tag", name="risky")
    site = lab.create(
        "http",
        "local_site",
        name="s",
        site="news.example",
        category="REF_HttSpsGames",
        reputation="trusted",
        tags=[tag],
        include_subdomains=True,
    )
    lab.profile("Roaming", lab.action("A", warn_tags=[tag]), lab.sales)
    (compiled,) = lab.compile(lab.sales).local_sites
    assert (compiled.ref, compiled.category, compiled.reputation) == (site, 116, "trusted")
    assert (compiled.tags, compiled.include_subdomains) == ((tag,), True)


def test_a_site_that_is_only_tagged_travels_to_the_groups_that_ask_about_the_tag(lab):
    tag = lab.create("http", "lsl_tag", name="risky")
    lab.profile("Roaming", lab.action("A", warn_tags=[tag]), lab.sales)
    before = lab.compile(lab.default)
    lab.create("http", "local_site", name="s", site="news.example", tags=[tag])
    assert lab.verdict(lab.sales, "http://news.example/").action == "warn"
    assert lab.compile(lab.default) == before


def test_the_nearest_site_stays_nearest_though_nobody_asks_about_its_tags(lab):
    asked, other = (lab.create("http", "lsl_tag", name=name) for name in ("asked", "other"))
    lab.profile("Roaming", lab.action("A", block_tags=[asked]), lab.sales)
    wide = {"site": "example", "include_subdomains": True, "tags": [asked]}
    lab.create("http", "local_site", name="wide", **wide)
    lab.create("http", "local_site", name="near", site="news.example", tags=[other])
    lab.create("http", "local_site", name="elsewhere", site="news.test", tags=[other])
    assert [site.site for site in lab.compile(lab.sales).local_sites] == ["example", "news.example"]
    assert lab.verdict(lab.sales, "http://news.example/").action == "block"
    with lab.appliance.edit("admin", "the other reading") as edit:
        set_switch(edit, "local_site_tags", "nearest")
    assert lab.verdict(lab.sales, "http://news.example/").action == "allow"


def test_a_tag_of_an_exception_travels(lab):
    tag = lab.create("http", "lsl_tag", name="risky")
    lab.create("http", "local_site", name="s", site="games.example", tags=[tag])
    lab.profile("Roaming", lab.action("A", sp_categories=["REF_GamesGambles"]), lab.sales)
    lab.create("http", "exception", name="e", status=True, tags=[tag], skiplist=["url_filter"])
    assert lab.verdict(lab.sales, "http://games.example/").action == "allow"


def test_the_proceed_timeout_is_the_nodes(lab):
    lab.set_node("http.proceed_cache_timeout", 60)
    assert lab.compile(lab.sales).proceed_timeout_s == 60


def test_a_compiled_policy_goes_into_a_document_and_comes_back_equal(lab):
    action = lab.action("A", sp_categories=["REF_Weapons"], sp_categories_quota=["REF_Drugs"])
    lab.profile("Roaming", action, lab.sales)
    policy = lab.compile(lab.sales)
    assert decode_web_policy(seal(encode_web_policy(policy))[1]) == policy


def test_the_same_configuration_gives_the_same_bytes(lab):
    lab.profile("Roaming", lab.action("A", sp_categories=["REF_Drugs"]), lab.sales)
    snapshot = lab.appliance.snapshot
    first, second = (encode_web_policy(compile_group(snapshot, lab.sales)[0]) for _ in range(2))
    assert first == second


def test_a_group_that_is_gone_has_a_named_error(lab):
    snapshot = lab.appliance.snapshot
    for ref in ("REF_Nothing", "REF_NetworkAny"):
        with pytest.raises(GroupGoneError, match=ref):
            compile_group(snapshot, ref)


def test_a_profile_that_names_a_group_that_is_gone_has_a_named_error(lab):
    gone = lab.create("epp", "endpoints_group", name="Gone")
    profile = lab.profile("Roaming", lab.action("A"), gone, lab.sales)
    snapshot = without(lab.appliance.snapshot, gone)
    with pytest.raises(ReferencedObjectGoneError) as caught:
        compile_group(snapshot, lab.sales)
    assert (caught.value.field, caught.value.ref) == ("endpoints_groups", gone)
    assert profile in caught.value.holder


def test_an_action_that_is_gone_has_a_named_error(lab):
    action = lab.action("A")
    lab.profile("Roaming", action, lab.sales)
    with pytest.raises(ReferencedObjectGoneError, match=f"default_cff_action: {action}"):
        compile_group(without(lab.appliance.snapshot, action), lab.sales)


def test_a_profile_in_the_list_that_is_gone_has_a_named_error(lab):
    with pytest.raises(ReferencedObjectGoneError, match=r"http\.profiles"):
        compile_group(without(lab.appliance.snapshot, "REF_DefaultHTTPProfile"), lab.sales)


def test_a_list_of_profiles_without_the_base_one_has_a_named_error(lab):
    snapshot = lab.appliance.snapshot
    nodes = MappingProxyType({**snapshot.nodes, "http.profiles": ()})
    with pytest.raises(BaseProfileMissingError):
        compile_group(Snapshot(snapshot.number, snapshot.objects, nodes), lab.sales)


def test_web_01_the_base_policys_action_is_warned_of_once_and_a_dedicated_one_not(lab):
    assert lab.warnings(lab.sales) == [("REF_DefaultHTTPProfile", "base_policy")]
    profile = lab.profile("Roaming", "REF_DefaultHTTPCFFAction", lab.sales)
    assert lab.warnings(lab.sales) == [(profile, "base_policy")]
    lab.change(profile, default_cff_action=lab.action("Own"))
    assert lab.warnings(lab.sales) == []


def test_what_endpoints_cannot_do_is_warned_of_with_the_objects_reference(lab):
    action = lab.action(
        "A", av=True, script_removal=True, google_safesearch="on", check_max_download=True
    )
    profile = lab.profile(
        "Roaming", action, lab.sales, ntlm=True, scan_ssl_opt="full_https_scanning"
    )
    assert sorted(lab.warnings(lab.sales)) == sorted(
        [
            (action, "antivirus"),
            (action, "content_removal"),
            (action, "safe_search"),
            (action, "download_size"),
            (profile, "authentication"),
            (profile, "https_scanning"),
        ]
    )


def test_a_site_that_is_no_host_is_warned_of(lab):
    entry = lab.create("http", "domain_regex", name="x", mode="Domain", domain=["not a host"])
    lab.profile("Roaming", lab.action("A", url_blacklist=[entry]), lab.sales)
    assert lab.warnings(lab.sales) == [(entry, "site_unusable")]
