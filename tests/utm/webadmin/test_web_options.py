"""Filtering Options without a browser's scripts: exceptions, websites, lists, tags, categories."""

from html import unescape

import pytest

from utm.confd import Confd
from utm.webadmin.pages.web_options import BASE, CATEGORY_IDS, SKIPS

LISTS = f"{BASE}/lists"
EXCEPTIONS = f"{BASE}/exceptions"
SITES = f"{BASE}/websites"


async def named(utm, full_type, name):
    class_, _, type_ = full_type.partition("/")
    return await utm.writer.read(lambda db: Confd(db).named(class_, type_, name))


async def test_an_exception_with_every_criterion_and_skip_is_stored(utm, browser):
    fields = {
        "name": "All of it",
        "operator": "AND",
        "skiplist": list(SKIPS),
        "domains": "^https?://a\\.example/\r\n\r\n^https?://b\\.example/",
        "networks": ["REF_NetworkAny"],
        "endpoints_groups": ["REF_EppEndDefault"],
        "sp_categories": ["REF_Drugs"],
        "user_agents": "curl\r\nwget",
    }
    await browser.submit(f"{EXCEPTIONS}/new", fields)
    made = await named(utm, "http/exception", "All of it")

    assert made.texts("skiplist") == tuple(SKIPS)
    assert made.texts("domains") == ("^https?://a\\.example/", "^https?://b\\.example/")
    assert (made.text("operator"), made.is_on("status")) == ("AND", True)
    assert made.texts("user_agents") == ("curl", "wget")


async def test_a_skip_that_came_by_rest_is_not_lost_by_saving(utm, browser):
    values = {"name": "Odd", "skiplist": ["url_filter", "something_new"]}
    ref = (await utm.edit("odd", lambda edit: edit.create("http", "exception", values))).result
    await browser.submit(f"{EXCEPTIONS}/{ref}", {"comment": "seen"})

    odd = await named(utm, "http/exception", "Odd")
    assert (odd.texts("skiplist"), odd.text("comment")) == (("url_filter", "something_new"), "seen")


async def test_every_refused_pattern_is_told_at_its_field_and_all_lines_are_kept(utm, browser):
    lines = ["^https?://fine\\.example/", "*.example.com", "(?=no)"]
    fields = {"name": "Pasted", "mode": "Regex", "regexps": "\n".join(lines)}
    page = unescape(await browser.submit(f"{LISTS}/new", fields))

    assert browser.status == 422
    assert "Line 2: “*.example.com”, character 1" in page
    assert "Line 3: “(?=no)”, " in page
    assert "perhaps ^https?://" in page
    assert "\n".join(lines) in page
    assert await named(utm, "http/domain_regex", "Pasted") is None


async def test_thousands_of_lines_are_pasted_and_too_many_are_refused(utm, browser):
    lines = [f"site-{number}.example" for number in range(4000)]
    await browser.submit(f"{LISTS}/new", {"name": "Long", "domain": "\n".join(lines)})
    made = await named(utm, "http/domain_regex", "Long")
    assert made.texts("domain") == tuple(lines)

    lines = [f"site-{number}.example" for number in range(10_001)]
    page = await browser.submit(f"{LISTS}/{made.ref}", {"domain": "\n".join(lines)})
    assert browser.status == 422
    assert "10,001 lines" in page


async def test_an_imported_pattern_that_cannot_run_does_not_lock_its_list(utm, browser):
    values = {"name": "Import", "mode": "Regex", "regexps": ["(?=old)"]}
    ref = (
        await utm.edit(
            "import", lambda edit: edit.create("http", "domain_regex", values), is_import=True
        )
    ).result
    page = await browser.get(f"{LISTS}/{ref}")
    assert "inactive_pattern" in page
    await browser.submit(f"{LISTS}/{ref}", {"comment": "kept"})

    assert (await named(utm, "http/domain_regex", "Import")).text("comment") == "kept"


async def test_a_website_that_is_no_host_is_refused_at_its_field(browser):
    page = unescape(await browser.submit(f"{SITES}/new", {"name": "x", "site": "no <b>host"}))

    assert browser.status == 422
    assert 'id="f-site-error"' in page
    assert 'value="no <b>host"' in page
    assert "no <b>host" not in browser.html


async def test_a_website_changes_category_reputation_and_tags(utm, browser):
    await browser.submit(f"{BASE}/tags/new", {"name": "Suppliers"})
    tag = await named(utm, "http/lsl_tag", "Suppliers")
    fields = {"name": "News", "site": "news.example", "reputation": "trusted", "tags": [tag.ref]}
    await browser.submit(f"{SITES}/new", fields)
    site = await named(utm, "http/local_site", "News")

    assert (site.text("reputation"), site.texts("tags")) == ("trusted", (tag.ref,))
    assert site.is_on("include_subdomains")
    page = await browser.get(f"{BASE}/tags/{tag.ref}/delete")
    assert "News" in page


async def test_a_category_holds_other_ids_and_all_107_are_listed(utm, browser):
    page = await browser.get(CATEGORY_IDS)
    assert page.count('<td class="number mono tight">') == 107
    assert "a setting of its own" in page
    await browser.submit(f"{BASE}/categories/REF_Drugs", {"subcats": []})
    drugs = await named(utm, "http/sp_category", "Drugs")
    assert drugs.texts("subcats") == ()

    page = await browser.get(CATEGORY_IDS, params={"q": "tobacco"})
    assert page.count('<td class="number mono tight">') == 1
    assert "every filter action treats it as its mode says" in page


async def test_exceptions_are_put_in_order_without_scripts(utm, browser):
    for name in ("First", "Second"):
        await browser.submit(f"{EXCEPTIONS}/new", {"name": name})
    second = await named(utm, "http/exception", "Second")
    await browser.get(EXCEPTIONS)
    fields = browser.form(f"{EXCEPTIONS}/order")
    await browser.post(f"{EXCEPTIONS}/order", [*fields, ("move", f"up:{second.ref}")], csrf=False)

    assert (await utm.node("http.exceptions"))[0] == second.ref


@pytest.mark.parametrize("path", [EXCEPTIONS, LISTS, SITES, f"{BASE}/categories/REF_Drugs"])
async def test_an_auditor_reads_and_has_no_controls(auditor, path):
    page = await auditor.get(path)
    assert auditor.status == 200
    assert 'class="main"' not in page
    await auditor.post(path if "REF_" in path else f"{path}/new", {"name": "x"})
    assert auditor.status == 403
