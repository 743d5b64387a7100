"""Lists and forms of objects: what is typed is stored, what is refused comes back."""

import pytest

from utm.confd import Confd
from utm.webadmin import make_application
from utm.webadmin.keys import OBJECT_PATHS

HOSTS = "/definitions/networks/hosts"
GROUPS = "/endpoint-protection/computer-management/groups"
AV = "/endpoint-protection/antivirus/policies"


async def objects(utm, full_type):
    class_, _, type_ = full_type.partition("/")
    return await utm.writer.read(lambda db: Confd(db).objects(class_, type_))


async def named(utm, full_type, name):
    found = [one for one in await objects(utm, full_type) if one.name == name]
    assert len(found) == 1
    return found[0]


async def changes(utm):
    return await utm.writer.read(lambda db: Confd(db).changes())


async def test_a_form_makes_an_object_as_a_change_of_the_sessions_user(utm, browser):
    await browser.submit(f"{HOSTS}/new", {"name": "Mail", "address": "10.0.0.5"})

    assert (browser.status, browser.path) == (200, HOSTS)
    assert (await named(utm, "network/host", "Mail")).text("address") == "10.0.0.5"
    change = (await changes(utm))[-1]
    assert (change.user, change.summary) == ("admin", "host Mail created")
    assert f"Saved as change {change.number}" in browser.html
    await utm.quiesce()
    line = (utm.config.logs / "confd.log").read_text().splitlines()[-1]
    assert 'objname="Mail"' in line
    assert 'facility="webadmin"' in line


async def test_a_refused_value_comes_back_at_its_field_and_changes_nothing(utm, browser):
    before = len(await changes(utm))
    page = await browser.submit(f"{HOSTS}/new", {"name": "Mail", "address": "not an address"})

    assert (browser.status, len(await changes(utm))) == (422, before)
    assert 'value="not an address"' in page
    assert 'aria-describedby=" f-address-error" aria-invalid="true"' in page


async def test_an_empty_name_is_refused_at_the_name(browser):
    page = await browser.submit(f"{HOSTS}/new", {"name": ""})

    assert browser.status == 422
    assert 'id="f-name-error"' in page


@pytest.mark.parametrize("text", ["12x", "1.5", "\u0663", "9" * 30])
async def test_a_number_that_is_none_is_shown_again_as_it_was_typed(browser, text):
    page = await browser.submit("/definitions/services/tcp/new", {"name": "A", "dst_low": text})

    assert browser.status == 422
    assert f'value="{text}"' in page
    assert "needs a whole number" in page


async def test_a_control_character_in_a_name_is_refused(browser):
    await browser.submit(f"{HOSTS}/new", {"name": "a\x00b"})
    assert browser.status == 422


async def test_a_pattern_that_cannot_run_is_refused_with_the_reason(utm, browser):
    fields = {"name": "List", "mode": "Regex", "regexps": "*.example.com"}
    path = make_application(utm)[OBJECT_PATHS]["http/domain_regex"]
    page = await browser.submit(f"{path}/new", fields)

    assert browser.status == 422
    assert "*.example.com" in page
    assert "character 1" in page


async def test_an_edit_changes_what_was_changed_and_nothing_else(utm, browser):
    await browser.submit(f"{GROUPS}/new", {"name": "Sales", "proxy_password": "secret-1"})
    group = await named(utm, "epp/endpoints_group", "Sales")
    await browser.submit(f"{GROUPS}/{group.ref}", {"comment": "two\nlines"})

    after = await named(utm, "epp/endpoints_group", "Sales")
    changed = {key for key in after.attributes if after.attributes[key] != group.attributes[key]}
    assert changed == {"comment"}
    assert after.text("proxy_password") == "secret-1"


async def test_a_secret_is_never_in_a_page_and_can_be_removed(utm, browser):
    await browser.submit(f"{GROUPS}/new", {"name": "Sales", "proxy_password": "secret-1"})
    group = await named(utm, "epp/endpoints_group", "Sales")
    for path in (GROUPS, f"{GROUPS}/{group.ref}", f"{GROUPS}/{group.ref}/copy"):
        assert "secret-1" not in await browser.get(path)
    await browser.get("/management/webadmin/changes")
    assert "secret-1" not in browser.html
    await browser.submit(f"{GROUPS}/{group.ref}", {"_forget.proxy_password": "1"})

    assert (await named(utm, "epp/endpoints_group", "Sales")).text("proxy_password") == ""


async def test_a_switch_that_is_off_is_off(utm, browser):
    await browser.submit(f"{GROUPS}/new", {"name": "Sales", "tamper_protection": "1"})
    group = await named(utm, "epp/endpoints_group", "Sales")
    assert group.is_on("tamper_protection")
    assert group.is_on("web_control")
    await browser.submit(f"{GROUPS}/{group.ref}", without=("tamper_protection",))

    assert not (await named(utm, "epp/endpoints_group", "Sales")).is_on("tamper_protection")


async def test_a_field_that_the_form_did_not_ask_is_not_changed(utm, browser):
    await browser.submit(f"{GROUPS}/new", {"name": "Sales"})
    group = await named(utm, "epp/endpoints_group", "Sales")
    await browser.post(f"{GROUPS}/{group.ref}", {"_fields": "comment", "comment": "c", "name": "x"})

    after = await named(utm, "epp/endpoints_group", "Sales")
    assert (after.text("comment"), after.is_on("web_control")) == ("c", True)


async def test_nothing_different_is_no_change(utm, browser):
    await browser.submit(f"{HOSTS}/new", {"name": "Mail"})
    host = await named(utm, "network/host", "Mail")
    before = len(await changes(utm))
    page = await browser.submit(f"{HOSTS}/{host.ref}")

    assert len(await changes(utm)) == before
    assert "nothing changed" in page


async def test_what_a_reference_needs_is_made_on_the_way_and_chosen(utm, browser):
    fields = {"name": "Sales", "comment": "kept", "_create": "av_policy:epp/av_policy"}
    await browser.submit(f"{GROUPS}/new", fields)
    assert browser.path.startswith(f"{AV}/new?back=")
    await browser.submit(browser.path, {"name": "Strict"}, action=f"{AV}/new")
    assert browser.path == f"{GROUPS}/new"
    assert 'value="Sales"' in browser.html
    await browser.post(f"{GROUPS}/new", browser.form(f"{GROUPS}/new"), csrf=False)

    group = await named(utm, "epp/endpoints_group", "Sales")
    policy = await named(utm, "epp/av_policy", "Strict")
    assert (group.text("av_policy"), group.text("comment")) == (policy.ref, "kept")


async def test_what_a_list_needs_is_added_to_what_was_chosen(utm, browser):
    await browser.submit("/definitions/users/users/new", {"name": "anna"})
    anna = await named(utm, "aaa/user", "anna")
    path = "/definitions/users/groups"
    fields = {"name": "All", "members": [anna.ref], "_create": "members:aaa/user"}
    await browser.submit(f"{path}/new", fields)
    await browser.submit(browser.path, {"name": "ben"}, action="/definitions/users/users/new")
    await browser.post(f"{path}/new", browser.form(f"{path}/new"), csrf=False)

    ben = await named(utm, "aaa/user", "ben")
    assert (await named(utm, "aaa/group", "All")).texts("members") == (anna.ref, ben.ref)


@pytest.mark.parametrize("made", ["av_policy:no/class", "nothing:epp/av_policy", "x"])
async def test_only_what_a_field_names_is_made_on_the_way(browser, made):
    await browser.submit(f"{GROUPS}/new", {"_create": made})
    assert browser.status == 400


async def test_a_locked_object_is_shown_and_cannot_be_changed(utm, browser):
    page = await browser.get(f"{AV}/REF_EppAvpAllow")
    assert "is locked" in page
    await browser.post(f"{AV}/REF_EppAvpAllow", {"_fields": "comment", "comment": "mine"})
    assert browser.status == 422
    assert "locked" in browser.html
    await browser.submit(f"{AV}/REF_EppAvpAllow/copy", action=f"{AV}/new")

    copy = await named(utm, "epp/av_policy", "Copy of Basic protection")
    assert copy.is_on("on_access_scanning")


async def test_an_object_in_use_names_its_users_and_stays(utm, browser):
    await browser.submit(f"{AV}/new", {"name": "Strict"})
    policy = await named(utm, "epp/av_policy", "Strict")
    await browser.submit(f"{GROUPS}/new", {"name": "Sales", "av_policy": policy.ref})
    page = await browser.get(f"{AV}/{policy.ref}/delete")
    assert "Sales" in page
    await browser.post(f"{AV}/{policy.ref}/delete")

    assert browser.status == 409
    assert await named(utm, "epp/av_policy", "Strict")


async def test_what_nobody_uses_is_deleted_after_a_question(utm, browser):
    await browser.submit(f"{HOSTS}/new", {"name": "Mail"})
    host = await named(utm, "network/host", "Mail")
    await browser.submit(f"{HOSTS}/{host.ref}/delete")

    assert browser.path == HOSTS
    assert "Mail" not in [one.name for one in await objects(utm, "network/host")]


@pytest.mark.parametrize("ref", ["REF_Nobody", "REF_EppAvpAllow", "REF_NetworkAny"])
async def test_an_object_that_is_not_there_or_of_another_class_is_not_found(browser, ref):
    for path in (f"{HOSTS}/{ref}", f"{HOSTS}/{ref}/delete", f"{HOSTS}/{ref}/copy"):
        await browser.get(path)
        assert browser.status == 404


async def test_computers_are_not_made_by_hand(browser):
    await browser.get("/objects/epp/endpoint/new")
    assert browser.status == 404


async def test_a_list_is_filtered_and_paged(utm, browser):
    def make(edit):
        for number in range(60):
            edit.create("network", "host", {"name": f"host-{number:02}"})

    await utm.edit("many", make)
    page = await browser.get(HOSTS)
    assert ("host-00" in page, "host-55" in page) == (True, False)
    assert "host-55" in await browser.get(f"{HOSTS}?page=2")
    page = await browser.get(f"{HOSTS}?q=HOST-5+7")
    assert ("host-57" in page, "host-56" in page) == (True, False)
    for odd in ("0", "-1", "999999999999", "x", "\u00b2"):
        await browser.get(HOSTS, params={"page": odd})
        assert browser.status == 200


async def test_an_order_that_nobody_needs_cannot_be_posted(browser):
    await browser.post(f"{HOSTS}/order", {"order": "x"})
    assert browser.status == 404


async def test_an_object_of_a_class_that_nothing_describes_is_shown_and_can_be_a_user(utm, browser):
    def bring(edit):
        values = {"name": "<b>FW</b>", "comment": 5, "sources": ["REF_NetworkAny"], "psk": "secret"}
        return edit.create("packetfilter", "packetfilter", values)

    ref = (await utm.edit("brought", bring)).result
    page = await browser.get(f"/objects/packetfilter/packetfilter/{ref}")
    assert browser.status == 200
    assert ("&lt;b&gt;FW&lt;/b&gt;" in page, "secret" in page) == (True, False)
    await browser.get(f"/objects/ipsec/policy/{ref}")
    assert browser.status == 404


async def test_a_copy_has_no_secret_of_the_original(utm, browser):
    await browser.submit(f"{GROUPS}/new", {"name": "Sales", "proxy_password": "secret-1"})
    group = await named(utm, "epp/endpoints_group", "Sales")
    page = await browser.submit(f"{GROUPS}/{group.ref}/copy", action=f"{GROUPS}/new")

    assert browser.path == GROUPS, page
    copy = await named(utm, "epp/endpoints_group", "Copy of Sales")
    assert copy.text("proxy_password") == ""
