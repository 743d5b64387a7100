"""Global, Deploy Agent, Advanced, groups, devices, Web Control: every form of them."""

from datetime import timedelta

import pytest

from utm.confd import Confd
from utm.webadmin.pages.computer_management import certificate_facts

BASE = "/endpoint-protection/computer-management"
GLOBAL, DEPLOY, ADVANCED, GROUPS = (
    f"{BASE}/{name}" for name in ("global", "deploy-agent", "advanced", "groups")
)
WEB = "/endpoint-protection/web-control"
TOKEN = "TokenTokenToken17"


async def changes(utm):
    return await utm.writer.read(lambda db: Confd(db).changes())


async def named(utm, full_type, name):
    class_, _, type_ = full_type.partition("/")
    return await utm.writer.read(lambda db: Confd(db).named(class_, type_, name))


async def test_utm_01_before_the_switch_there_is_no_installer_and_no_token(utm, browser):
    page = await browser.get(DEPLOY)
    assert "Endpoint Protection is off" in page
    assert "installer/" not in page
    await browser.get(f"{DEPLOY}/installer")
    assert browser.status == 409
    assert "Registration token" not in await browser.get(GLOBAL)


async def test_utm_02_switching_on_registers_as_a_change_of_the_administrator(utm, browser):
    page = await browser.post(GLOBAL, {"action": "on"})

    assert "Registered with LiveConnect" in page
    assert "utm-1" in page
    (change,) = [one for one in await changes(utm) if one.summary.endswith("switched on")]
    assert change.user == "admin"
    await utm.quiesce()
    lines = (utm.config.logs / "epsecd.log").read_text()
    assert "Endpoint Protection" in lines


async def test_utm_02_liveconnect_out_of_reach_is_said_and_the_switch_stays(utm, broker, browser):
    await broker.stop()
    page = await browser.post(GLOBAL, {"action": "on"})

    assert "Not registered with LiveConnect" in page
    assert await utm.node("epp.status.epp")


async def test_switching_off_keeps_the_registration(with_computers, browser):
    page = await browser.post(GLOBAL, {"action": "off"})

    assert not await with_computers.node("epp.status.epp")
    assert "utm-1" in page


async def test_the_certificate_is_told_with_its_end(with_computers, browser):
    page = await browser.get(GLOBAL)
    chain = await with_computers.node("epp.certificate")
    facts = certificate_facts(chain, with_computers.now())

    assert "O=utmlab" in page
    assert f"{facts.days_left} days left" in page
    late = certificate_facts(chain, facts.ends_at - timedelta(days=3))
    over = certificate_facts(chain, facts.ends_at + timedelta(days=3))
    assert (facts.kind, late.kind, over.kind) == ("ok", "warning", "error")


async def test_the_token_is_masked_until_an_administrator_asks(with_computers, browser, auditor):
    for path in (GLOBAL, DEPLOY):
        assert TOKEN not in await browser.get(path)
        assert TOKEN in await browser.get(f"{path}?reveal=token")
        assert TOKEN not in await auditor.get(f"{path}?reveal=token")


async def test_utm_05_the_installer_comes_with_the_token_in_its_name(with_computers, browser):
    async with browser.http.get(f"{browser.url}{DEPLOY}/installer") as answer:
        body = await answer.read()
        disposition = answer.headers["Content-Disposition"]

    assert disposition == f'attachment; filename="SophosMCSEndpoint_{TOKEN}.exe"'
    assert body.startswith(b"#!/usr/bin/env python3\nPK")
    await with_computers.quiesce()
    assert not any(TOKEN in path.read_text() for path in with_computers.config.logs.glob("*.log"))


async def test_an_auditor_gets_no_installer(with_computers, auditor):
    await auditor.get(f"{DEPLOY}/installer")
    assert auditor.status == 403


async def test_a_token_is_reset_after_a_question(with_computers, browser):
    assert "Reset the registration token?" in await browser.get(f"{DEPLOY}/reset")
    await browser.submit(f"{DEPLOY}/reset")

    assert TOKEN[::-1] in await browser.get(f"{DEPLOY}?reveal=token")


async def test_a_token_that_cannot_be_reset_stays(utm, browser):
    page = await browser.post(f"{DEPLOY}/reset")
    assert "stays as it is" in page


async def test_the_tamper_password_is_set_and_never_shown(utm, browser):
    fields = {"password": "let-me-in-1", "repeated": "let-me-in-1"}
    page = await browser.submit(ADVANCED, fields, action=f"{ADVANCED}/tamper-password")

    assert await utm.node("epp.tamper_password") == "let-me-in-1"
    assert "password set" in page
    pages = [page, await browser.get("/management/webadmin/changes")]
    await utm.quiesce()
    logs = [path.read_text() for path in utm.config.logs.glob("*.log")]
    assert not any("let-me-in-1" in text for text in (*pages, *logs))
    await browser.post(f"{ADVANCED}/tamper-password", {"action": "remove"})
    assert await utm.node("epp.tamper_password") == ""


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("", ""), ("x" * 300, "x" * 300)])
async def test_a_tamper_password_that_cannot_be_taken_is_refused(utm, browser, first, second):
    fields = {"password": first, "repeated": second}
    page = await browser.submit(ADVANCED, fields, action=f"{ADVANCED}/tamper-password")

    assert browser.status == 422
    assert 'id="f-repeated-error"' in page
    assert await utm.node("epp.tamper_password") == ""


async def test_the_parent_proxy_is_kept_in_its_nodes(utm, browser):
    fields = {"status": "1", "host": "proxy.example", "port": "3128"}
    await browser.submit(ADVANCED, fields, action=f"{ADVANCED}/parent-proxy")

    assert browser.status == 200
    keys = [f"epp.parent_proxy_{name}" for name in ("status", "host", "port")]
    assert [await utm.node(key) for key in keys] == [True, "proxy.example", 3128]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"host": "", "port": "1"}, "host"),
        ({"host": "a b", "port": "1"}, "host"),
        ({"host": "a", "port": ""}, "port"),
        ({"host": "a", "port": "65536"}, "port"),
        ({"host": "a", "port": "x"}, "port"),
    ],
)
async def test_half_a_parent_proxy_is_refused_at_its_field(utm, browser, fields, field):
    fields = {"status": "1", **fields}
    page = await browser.submit(ADVANCED, fields, action=f"{ADVANCED}/parent-proxy")

    assert browser.status == 422
    assert f'id="f-{field}-error"' in page
    assert not await utm.node("epp.parent_proxy_status")


async def test_a_computer_chosen_for_a_group_leaves_the_other(with_computers, browser):
    utm = with_computers
    refs = {one["name"]: one["ref"] for one in await utm.verbs["endpoint_list"]()}
    await browser.submit(f"{GROUPS}/new", {"name": "Sales", "endpoints": list(refs.values())})
    await browser.submit(f"{GROUPS}/new", {"name": "Field", "endpoints": [refs["PC-02"]]})

    assert (await named(utm, "epp/endpoints_group", "Sales")).texts("endpoints") == (refs["PC-01"],)
    groups = {one["name"]: one["endpoints"] for one in await utm.verbs["group_list"]()}
    assert groups == {"Default": [], "Sales": ["PC-01"], "Field": ["PC-02"]}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "Default"}, "name"),
        ({"name": "A", "proxy_support": "1"}, "proxy_address"),
        ({"name": "A", "proxy_support": "1", "proxy_address": "p"}, "proxy_port"),
        (
            {"name": "A", "proxy_support": "1", "proxy_address": "p", "proxy_port": "70000"},
            "proxy_port",
        ),
    ],
)
async def test_a_group_that_makes_no_sense_is_refused_at_its_field(utm, browser, fields, field):
    page = await browser.submit(f"{GROUPS}/new", fields)

    assert browser.status == 422
    assert f'id="f-{field}-error"' in page
    assert await named(utm, "epp/endpoints_group", "A") is None


async def test_the_default_group_cannot_be_deleted(browser):
    page = await browser.get(f"{GROUPS}/REF_EppEndDefault/delete")
    assert "epp.default_endpoints_group" in page


async def test_a_device_cannot_be_allowed_and_restricted_for_one_group(utm, browser):
    path = "/endpoint-protection/device-control/exceptions/new"
    names = ("allowed_endpoints_groups", "custom_blocked_endpoints_groups")
    both = {name: ["REF_EppEndDefault"] for name in names}
    page = await browser.submit(path, {"name": "Stick", "device_id": "USB", **both})

    assert browser.status == 422
    assert 'id="f-custom_blocked_endpoints_groups-error"' in page


async def test_a_device_policy_shows_what_it_restricts(browser):
    path = "/endpoint-protection/device-control/policies"
    page = await browser.submit(
        f"{path}/new", {"name": "No sticks", "removable_storage": "blocked"}
    )

    assert "Removable storage: blocked" in page


async def test_an_antivirus_exception_for_nobody_is_pointed_at(browser):
    path = "/endpoint-protection/antivirus/exceptions"
    page = await browser.submit(f"{path}/new", {"name": "C:\\Tools", "type": "scanning_exclusions"})

    assert "holds nowhere" in page


async def test_web_control_names_profile_and_warnings(utm, browser):
    await browser.submit(f"{GROUPS}/new", {"name": "Sales"})
    page = await browser.get(WEB)

    assert "Default Web Filter Profile" in page
    assert "inconsistent_mapping" in page


async def test_web_control_is_switched_for_a_group_and_as_a_whole(utm, browser):
    await browser.post(WEB, {"group": "REF_EppEndDefault", "switch": "on"})
    group = await named(utm, "epp/endpoints_group", "Default")
    assert group.is_on("web_control")
    await browser.post(WEB, {"switch": "off"})
    assert not await utm.node("epp.status.wc")
    assert "off as a whole" in browser.html
    await browser.post(WEB, {"group": "REF_Nobody", "switch": "on"})
    assert "there is no object" in browser.html


async def test_the_last_sessions_tell_who_came_from_where_and_what_they_changed(
    utm, browser, auditor
):
    await browser.post(WEB, {"switch": "off"})
    await auditor.post("/logout")
    await utm.quiesce()
    page = await browser.get("/management/webadmin/sessions")

    assert page.count("active") == 1
    assert "ended" in page
    assert "1 change" in page
    path = page.split('href="/management/webadmin/sessions/')[1].split('"')[0]
    page = await browser.get(f"/management/webadmin/sessions/{path}")
    assert "epp.status.wc" in page


async def test_an_unknown_session_is_not_found(browser):
    await browser.get(f"/management/webadmin/sessions/{'0' * 64}")
    assert browser.status == 404
