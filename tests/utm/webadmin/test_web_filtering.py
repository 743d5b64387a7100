"""Web Filtering > Global without a browser's scripts."""

import pytest

from utm.webadmin.pages.web_filtering import PATH, PROCEED, QUOTA, SCAN


async def test_the_settings_are_stored(utm, browser):
    await browser.submit(PATH, {QUOTA: "block", PROCEED: "60", "http.port": "0"}, without=(SCAN,))

    assert browser.path == PATH
    assert (await utm.node(QUOTA), await utm.node(SCAN), await utm.node(PROCEED)) == (
        "block",
        False,
        60,
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("http.port", "70000"),
        ("http.port", "web"),
        (PROCEED, "-1"),
        (PROCEED, "99999999"),
        (QUOTA, "explode"),
    ],
)
async def test_what_is_refused_is_told_at_its_field_and_kept(utm, browser, field, value):
    page = await browser.submit(PATH, {"http.port": "0", field: value})

    assert browser.status == 422
    assert f'id="f-{field}-error"' in page
    assert f'value="{value}"' in page
    assert await utm.node(QUOTA) == "warn"


async def test_filter_actions_that_do_not_log_are_named(browser):
    page = await browser.get(PATH)
    assert "Default content filter action</a>" in page
    assert "does not log anything" in page


async def test_an_auditor_reads_and_changes_nothing(utm, auditor):
    page = await auditor.get(PATH)
    assert 'class="main"' not in page
    await auditor.post(PATH, {QUOTA: "block"})
    assert auditor.status == 403
    assert await utm.node(QUOTA) == "warn"
