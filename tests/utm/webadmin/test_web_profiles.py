"""Web Filtering Profiles without a browser's scripts: order, policies, the base profile."""

import re

import pytest

from utm.confd import BASE_PROFILE, Confd
from utm.webadmin.pages.web_profiles import PATH, POLICIES_PATH

ACTION = "REF_DefaultHTTPCFFAction"


async def named(utm, type_, name):
    return await utm.writer.read(lambda db: Confd(db).named("http", type_, name))


async def get(utm, ref):
    return await utm.writer.read(lambda db: Confd(db).get(ref))


@pytest.fixture
async def profile(utm, browser):
    """A profile for the default group with two policies; the second was made last."""
    fields = {"name": "Laptops", "default_cff_action": ACTION}
    await browser.submit(f"{PATH}/new", {**fields, "endpoints_groups": ["REF_EppEndDefault"]})
    made = await named(utm, "profile", "Laptops")
    for name in ("First", "Second"):
        await browser.submit(f"{PATH}/{made.ref}/policies/new", {"name": name, "action": ACTION})
    return made.ref


async def names_in_order(utm, profile):
    refs = (await get(utm, profile)).texts("ordered_cff_profiles")
    return [(await get(utm, ref)).name for ref in refs]


async def test_a_new_profile_comes_first_and_the_base_one_stays_last(utm, browser, profile):
    page = await browser.get(PATH)

    assert await utm.node("http.profiles") == (profile, BASE_PROFILE)
    assert f"{PATH}/{BASE_PROFILE}/delete" not in page
    assert f"{PATH}/{profile}/delete" in page


async def test_the_base_profile_cannot_be_deleted_or_moved(utm, browser, profile):
    await browser.post(f"{PATH}/{BASE_PROFILE}/delete")
    assert browser.status == 409
    await browser.get(PATH)
    await browser.post(f"{PATH}/order", {"order": BASE_PROFILE, "move": f"up:{BASE_PROFILE}"})

    assert await utm.node("http.profiles") == (profile, BASE_PROFILE)


async def test_the_base_profile_does_not_ask_for_whom(browser):
    page = await browser.get(f"{PATH}/{BASE_PROFILE}")
    assert 'name="endpoints_groups"' not in page
    assert 'name="networks"' not in page
    assert "always on and always last" in page


async def test_endpoint_groups_are_asked_only_while_web_control_is_on(utm, browser):
    assert 'name="endpoints_groups"' in await browser.get(f"{PATH}/new")
    await utm.edit("off", lambda edit: edit.set_node("epp.status.wc", False))
    page = await browser.get(f"{PATH}/new")

    assert 'name="endpoints_groups"' not in page
    assert "/endpoint-protection/web-control" in page


async def test_groups_that_were_chosen_stay_when_they_are_not_asked(utm, browser, profile):
    await utm.edit("off", lambda edit: edit.set_node("epp.status.wc", False))
    await browser.submit(f"{PATH}/{profile}", {"comment": "seen"})

    assert (await get(utm, profile)).texts("endpoints_groups") == ("REF_EppEndDefault",)


async def test_a_new_policy_comes_on_top(utm, browser, profile):
    assert await names_in_order(utm, profile) == ["Second", "First"]
    stored = await get(utm, profile)
    assert stored.texts("cff_profiles") == stored.texts("ordered_cff_profiles")


async def test_policies_are_moved_without_scripts(utm, browser, profile):
    first = await named(utm, "cff_profile", "First")
    await browser.get(f"{PATH}/{profile}")
    fields = browser.form(f"{PATH}/{profile}/policies/order")
    path = f"{PATH}/{profile}/policies/order"
    await browser.post(path, [*fields, ("move", f"up:{first.ref}")], csrf=False)

    assert await names_in_order(utm, profile) == ["First", "Second"]


async def test_a_removed_policy_is_gone_unless_another_profile_uses_it(utm, browser, profile):
    first = await named(utm, "cff_profile", "First")
    second = await named(utm, "cff_profile", "Second")
    await browser.submit(f"{PATH}/{profile}/copy", {"name": "Copy"}, action=f"{PATH}/new")
    await utm.edit(
        "shared",
        lambda edit: edit.change(
            edit.named("http", "profile", "Copy").ref, {"cff_profiles": [second.ref]}
        ),
    )
    for one in (first, second):
        await browser.post(f"{PATH}/{profile}/policies/remove", {"remove": one.ref})

    assert await names_in_order(utm, profile) == []
    assert await named(utm, "cff_profile", "First") is None
    assert await named(utm, "cff_profile", "Second") is not None


async def test_a_policy_that_is_not_of_the_profile_is_not_removed(browser, profile):
    await browser.post(f"{PATH}/{profile}/policies/remove", {"remove": ACTION})
    assert browser.status == 404


async def test_a_policy_made_under_web_filtering_is_the_base_profiles(utm, browser):
    await browser.submit(
        f"{POLICIES_PATH}/new",
        {"name": "Top", "action": ACTION},
        action=f"{PATH}/{BASE_PROFILE}/policies/new",
    )
    made = await named(utm, "cff_profile", "Top")

    assert (await get(utm, BASE_PROFILE)).texts("cff_profiles") == (made.ref,)


async def test_what_a_policy_needs_is_made_on_the_way(utm, browser, profile):
    path = f"{PATH}/{profile}/policies/new"
    fields = {"name": "Evenings", "action": ACTION, "_create": "time_event:time/recurring"}
    await browser.submit(path, fields)
    times = "/definitions/times/recurring/new"
    await browser.submit(browser.path, {"name": "Evening"}, action=times)
    assert browser.path.startswith(path)
    await browser.post(path, browser.form(path), csrf=False)

    made = await named(utm, "cff_profile", "Evenings")
    assert made.text("time_event")
    assert (await names_in_order(utm, profile))[0] == "Evenings"


async def test_a_policy_without_filter_action_is_refused_at_its_field(browser, profile):
    page = await browser.submit(f"{PATH}/{profile}/policies/new", {"name": "Half", "action": ""})
    assert browser.status == 422
    assert 'id="f-action-error"' in page
    assert 'value="Half"' in page


async def test_the_saving_says_whether_endpoints_are_concerned(with_computers, browser, profile):
    utm = with_computers
    await utm.edit("on", lambda edit: edit.change("REF_EppEndDefault", {"web_control": True}))
    await browser.submit(f"{PATH}/{profile}", {"comment": "only here"})
    assert "not concerned" in browser.html
    page = await browser.submit(
        f"{PATH}/{profile}", {"default_cff_action": "REF_DefaultHTTPCFFBlockAction"}
    )
    assert re.search(r'href="/sync/\d+">changeset \d+ goes out', page)


async def test_the_base_action_that_decides_for_endpoints_is_warned_of(utm, browser, profile):
    await utm.edit("on", lambda edit: edit.change("REF_EppEndDefault", {"web_control": True}))
    page = await browser.get(f"{PATH}/{profile}")
    assert "inconsistent_mapping" in page


async def test_an_auditor_reads_profiles_and_policies_without_controls(auditor, browser, profile):
    page = await auditor.get(f"{PATH}/{profile}")
    assert "Second" in page
    assert "Remove" not in page
    assert "New policy" not in page
    for path in ("order", "remove", "new"):
        await auditor.post(f"{PATH}/{profile}/policies/{path}", {"remove": "x"})
        assert auditor.status == 403


@pytest.mark.parametrize("ref", ["REF_Nobody", ACTION])
async def test_policies_of_what_is_no_profile_are_not_found(browser, ref):
    for path in ("policies", "policies/new"):
        await browser.get(f"{PATH}/{ref}/{path}")
        assert browser.status == 404
