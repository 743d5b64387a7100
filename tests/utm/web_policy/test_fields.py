"""Every field of the objects behind a web policy: decides, gateway only, told, or describes."""

import re
from pathlib import Path

import pytest

from foundation.webfilter.policy_xml import encode_web_policy
from utm.confd.classes import object_class
from utm.web_policy import compile_gateway, compile_group

FIDELITY = Path(__file__).parents[3] / "docs" / "fidelity.md"
CLASSES = (
    "http/profile",
    "http/cff_profile",
    "http/cff_action",
    "http/exception",
    "http/domain_regex",
    "http/local_site",
    "http/sp_category",
    "http/sp_subcat",
    "time/recurring",
    "time/single",
    "aaa/user",
    "aaa/group",
    "network/host",
    "network/network",
)
OF_EVERY_OBJECT = {"_locked", "_type", "_ref", "comment"}
COLUMNS = ("decides", "gateway", "told", "describes")


def documented():
    """{class: {column: [field, ...]}}"""
    text = FIDELITY.read_text(encoding="utf-8")
    rows = text.partition("| class | decides |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {
        row[0].strip("`"): {
            column: re.findall(r"`([a-z0-9_]+)`", cell)
            for column, cell in zip(COLUMNS, row[1:], strict=True)
        }
        for row in cells
    }


TABLE = documented()


def listed(column):
    return [(name, field) for name, columns in TABLE.items() for field in columns[column]]


@pytest.mark.parametrize("name", CLASSES)
def test_every_field_is_listed_once(name):
    fields = sorted(field for column in TABLE[name].values() for field in column)
    assert fields == sorted(object_class(name).fields.keys() - OF_EVERY_OBJECT)


def test_the_table_has_these_classes_and_no_other():
    assert tuple(TABLE) == CLASSES


TOLD_WITH = {
    ("http/profile", "block_on_auth_failed"): {"aua": True},
    ("http/profile", "device_auth"): {"enable_device_auth": True},
    ("http/profile", "selective_scan_cat"): {"scan_ssl_opt": "selective_https_scanning"},
    ("http/profile", "selective_scan_tags"): {"scan_ssl_opt": "selective_https_scanning"},
    ("http/cff_action", "av_engines"): {"av": True},
    ("http/cff_action", "googleappdomains"): {"googleappdomains_enabled": True},
    ("http/cff_action", "max_download_size"): {"check_max_download": True},
    ("http/cff_action", "max_filesize"): {"av": True},
    ("http/cff_action", "quota_time"): {"uncategorized_websites": "quota"},
}


CHANGES = {
    "http/profile": {
        "cff_profiles": ["$second"],
        "default_cff_action": "$other action",
        "endpoints_groups": [],
        "ordered_cff_profiles": ["$second", "$http/cff_profile"],
        "status": False,
        "full_transparent": True,
        "networks": ["$network/host"],
        "out_interface": "$interface",
        "transparent": True,
        "transparent_aac": True,
        "aua": True,
        "block_on_auth_failed": True,
        "edir_sso": True,
        "enable_device_auth": True,
        "device_auth": ["$device"],
        "ntlm": True,
        "opendirectory_auth": True,
        "scan_ssl_opt": "full_https_scanning",
        "selective_scan_cat": ["$http/sp_category"],
        "selective_scan_tags": ["$tag"],
        "transparent_auth": True,
        "in_progress": True,
    },
    "http/cff_profile": {
        "aaa": ["$other user"],
        "action": "$other action",
        "time_event": "$time/single",
        "skip_auth": True,
        "cff_profile_name": "x",
        "in_progress": "x",
    },
    "http/cff_action": {
        **{key: ["$tag"] for key in ("allow_tags", "block_tags", "quota_tags", "warn_tags")},
        **{key: ["a/b"] for key in ("contenttype_blacklist", "contenttype_blacklist_warn")},
        **{key: ["exe"] for key in ("extensions", "extensions_warn")},
        **dict.fromkeys(("bing_safesearch", "google_safesearch", "yahoo_safesearch"), "on"),
        **dict.fromkeys(
            ("log_access", "log_blocked", "spyware", "av", "check_max_download", "pua", "sandbox"),
            True,
        ),
        **dict.fromkeys(
            ("creative_commons_filter", "embedded_removal", "googleappdomains_enabled"), True
        ),
        "mode": "deny",
        "script_removal": True,
        "sp_categories": ["REF_Drugs"],
        "sp_categories_quota": ["REF_Drugs"],
        "sp_categories_warn": ["REF_Drugs"],
        "sp_minreputation": "trusted",
        "uncategorized_websites": "block",
        "url_blacklist": ["$other list"],
        "url_whitelist": ["$other list"],
        "av_engines": "double",
        "max_filesize": 5,
        "max_download_size": 5,
        "googleappdomains": ["a.example"],
        "parent_proxies": ["$parent"],
        "quota_time": 5,
    },
    "http/exception": {
        "aaa": ["$other user"],
        "domains": ["^http://b/"],
        "endpoints_groups": ["REF_EppEndDefault"],
        "networks": ["$other network"],
        "operator": "AND",
        "skiplist": ["extensions"],
        "sp_categories": ["REF_Drugs"],
        "status": False,
        "tags": ["$tag"],
        "user_agents": ["x"],
    },
    "http/domain_regex": {
        "domain": ["b.example"],
        "include_subdomains": True,
        "mode": "Domain",
        "regexps": ["^http://b/"],
        "restrict_regex": True,
    },
    "http/local_site": {
        "category": "$http/sp_subcat",
        "include_subdomains": True,
        "reputation": "trusted",
        "site": "b.example",
        "tags": ["$used tag"],
    },
    "http/sp_category": {"subcats": ["$http/sp_subcat"], "id": "77"},
    "http/sp_subcat": {"id": "998"},
    "time/recurring": {"end_time": "11:00", "start_time": "07:00", "weekdays": ["wed"]},
    "time/single": {
        "end_date": "2026-12-02",
        "end_time": "11:00",
        "start_date": "2026-11-02",
        "start_time": "07:00",
    },
    "aaa/user": {"name": "lee", "enabled": False, "email_primary": "x", "realname": "x"},
    "aaa/group": {"members": ["$other user"]},
    "network/host": {"address": "192.0.2.9", "address6": "2001:db8::9", "hostnames": ["x"]},
    "network/network": {
        "address": "172.16.0.0",
        "address6": "2001:db9::",
        "netmask": 16,
        "netmask6": 48,
    },
}


@pytest.fixture
def full(lab):
    """References by class: a policy in which every class takes part, and others to refer to."""
    new, refs = lab.create, {}

    def make(key, class_, type_, **attributes):
        refs[key] = new(class_, type_, **{"name": key, **attributes})
        return refs[key]

    tag = make("tag", "http", "lsl_tag")
    used = make("used tag", "http", "lsl_tag")
    host = make("network/host", "network", "host", address="192.0.2.1", address6="2001:db8::1")
    net = {"address": "10.0.0.0", "netmask": 8, "address6": "2001:db8::", "netmask6": 32}
    network = make("network/network", "network", "network", **net)
    make("other network", "network", "host", address="192.0.2.7")
    make("interface", "network", "interface_address")
    make("device", "http", "device_auth", auth_mode="ntlm", device_type="Linux")
    make("parent", "http", "parent_proxy", target=host)
    make("other action", "http", "cff_action", mode="allow")
    make("other list", "http", "domain_regex", mode="Domain", domain=["o.example"])
    make("other user", "aaa", "user")
    staff = make("aaa/group", "aaa", "group", members=[make("aaa/user", "aaa", "user")])
    lunch = {"start_time": "08:00", "end_time": "09:00", "weekdays": ["tue"]}
    fair = {"start_date": "2026-11-01", "end_date": "2026-12-01"} | lunch
    del fair["weekdays"]
    recurring = make("time/recurring", "time", "recurring", **lunch)
    single = make("time/single", "time", "single", **fair)
    subcat = make("http/sp_subcat", "http", "sp_subcat", id="999")
    games = [one.ref for one in lab.appliance.confd.objects("http", "sp_subcat") if one.name]
    category = make("http/sp_category", "http", "sp_category", subcats=[subcat, games[0]])
    entry = {"mode": "Regex", "domain": ["a.example"], "regexps": ["^http://a/"]}
    entry_ref = make("http/domain_regex", "http", "domain_regex", **entry)
    entries = {"url_whitelist": [entry_ref], "warn_tags": [used], "sp_categories": [category]}
    action = make("http/cff_action", "http", "cff_action", mode="allow", **entries)
    rule = {"action": action, "aaa": [staff], "time_event": recurring}
    make("http/cff_profile", "http", "cff_profile", **rule)
    make("second", "http", "cff_profile", **rule | {"time_event": single})
    rules = [refs["http/cff_profile"], refs["second"]]
    profile = {"status": True, "endpoints_groups": [lab.sales], "default_cff_action": action}
    make("http/profile", "http", "profile", **profile, cff_profiles=rules)
    make(
        "http/local_site", "http", "local_site", site="a.example", tags=[tag], reputation="neutral"
    )
    criteria = {"domains": ["^http://a/"], "networks": [host, network], "skiplist": ["url_filter"]}
    make("http/exception", "http", "exception", status=True, **criteria)
    return refs


def resolved(refs, value):
    if isinstance(value, list):
        return [resolved(refs, one) for one in value]
    return refs[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def changed(lab, full, name, field, **before):
    """Return (document, warnings, gateway's document) before and after a field is changed."""
    value = CHANGES[name].get(field, f"another {field}")
    ref = full[name]
    if before:
        lab.change(ref, **before)
    found = [seen(lab)]
    lab.change(ref, **{field: resolved(full, value)})
    return ref, found[0], seen(lab)


def seen(lab):
    policy, warnings = compile_group(lab.appliance.snapshot, lab.sales)
    gateway = compile_gateway(lab.appliance.snapshot, lab.sales)
    return encode_web_policy(policy), set(warnings), encode_web_policy(gateway)


@pytest.mark.parametrize(("name", "field"), listed("decides"))
def test_a_field_that_decides_changes_the_policy(lab, full, name, field):
    _, before, after = changed(lab, full, name, field)
    assert before[0] != after[0]


@pytest.mark.parametrize(("name", "field"), listed("gateway"))
def test_a_field_of_the_gateway_changes_nothing_for_endpoints(lab, full, name, field):
    _, before, after = changed(lab, full, name, field)
    assert before[:2] == after[:2]
    assert (before[2] != after[2]) == (field == "networks")


@pytest.mark.parametrize(("name", "field"), listed("told"))
def test_a_field_that_endpoints_cannot_do_is_told_with_its_object(lab, full, name, field):
    with_ = TOLD_WITH.get((name, field), {})
    ref, before, after = changed(lab, full, name, field, **with_)
    assert before[0] == after[0]
    if with_:
        assert before[1] == after[1]
        assert ref in {one.ref for one in after[1]}
    else:
        assert {one.ref for one in after[1] - before[1]} == {ref}


@pytest.mark.parametrize(("name", "field"), listed("describes"))
def test_a_field_that_describes_is_neither_obeyed_nor_told(lab, full, name, field):
    _, before, after = changed(lab, full, name, field)
    assert {(one.ref, one.code) for one in before[1]} == {(one.ref, one.code) for one in after[1]}
    if field != "name":  # a trace and a log line name objects
        assert before[0] == after[0]
