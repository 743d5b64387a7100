"""The Web Protection pages full of hostile values: names, comments, sites, patterns."""

import pytest

from utm.webadmin.pages.web_actions import PATH as ACTIONS
from utm.webadmin.pages.web_findings import CHECK_PATH
from utm.webadmin.pages.web_options import BASE as OPTIONS
from utm.webadmin.pages.web_options import CATEGORY_IDS
from utm.webadmin.pages.web_policy_test import PATH as TEST
from utm.webadmin.pages.web_profiles import PATH as PROFILES
from utm.webadmin.pages.web_profiles import POLICIES_PATH
from utm.webadmin.pages.web_wizard import PATH as WIZARD

from .test_every_page import HOSTILE, Page

GROUP = "REF_EppEndDefault"


def fill(edit, value):
    """Put a value everywhere, and return the pages of what was made."""
    named = {"name": value, "comment": value}
    create = edit.create
    user = create("aaa", "user", {**named, "enabled": True})
    times = create("time", "recurring", {**named, "weekdays": [value]})
    tag = create("http", "lsl_tag", named)
    category = create("http", "sp_category", named)
    site = create("http", "local_site", {**named, "site": value, "tags": [tag]})
    lists = {**named, "mode": "Regex", "regexps": [value], "domain": [value]}
    listed = create("http", "domain_regex", lists)
    given = {**named, "sp_categories": [category], "block_tags": [tag], "url_blacklist": [listed]}
    texts = {"extensions": [value], "contenttype_blacklist": [value]}
    action = create("http", "cff_action", {**given, **texts, "mode": "allow"})
    rule = {**named, "aaa": [user], "time_event": times, "action": action}
    policy = create("http", "cff_profile", rule)
    deciding = {"default_cff_action": action, "status": True, "endpoints_groups": [GROUP]}
    profile = create("http", "profile", {**named, **deciding, "cff_profiles": [policy]})
    asked = {"domains": [value], "user_agents": [value], "skiplist": [value], "status": True}
    exception = create("http", "exception", {**named, **asked})
    edit.change(GROUP, {"web_control": True})
    return [
        f"{PROFILES}/{profile}",
        f"{PROFILES}/{profile}/policies/new",
        f"{PROFILES}/{profile}/delete",
        f"{POLICIES_PATH}/{policy}",
        f"{ACTIONS}/{action}",
        f"{ACTIONS}/{action}/delete",
        f"{OPTIONS}/exceptions/{exception}",
        f"{OPTIONS}/lists/{listed}",
        f"{OPTIONS}/websites/{site}",
        f"{OPTIONS}/tags/{tag}",
        f"{OPTIONS}/categories/{category}",
    ]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
async def test_no_page_lets_a_hostile_value_through(with_computers, browser, auditor, value):
    utm = with_computers
    made = (await utm.edit("filled", lambda edit: fill(edit, value), is_import=True)).result
    tested = f"{TEST}?url=games.example&who={GROUP}"
    lists = [PROFILES, POLICIES_PATH, ACTIONS, CHECK_PATH, CATEGORY_IDS, WIZARD, tested]
    lists += [f"{OPTIONS}/{name}" for name in ("exceptions", "lists", "websites", "tags")]
    for client in (browser, auditor):
        for path in (*lists, *made):
            page = await client.get(path)
            assert client.status == 200, path
            assert not Page(page).problems, path
            assert "<script>alert" not in page
            assert "<img src=x" not in page
