"""Coming in and going out, and what every answer says."""


async def test_without_a_session_every_page_leads_to_the_login(make_browser):
    browser = make_browser()
    for path in ("/", "/definitions/networks/hosts", "/no/such/page"):
        await browser.get(path)
        assert browser.status == 200
        assert browser.path.startswith("/login")


async def test_an_administrator_logs_in_and_sees_the_dashboard(make_browser):
    browser = make_browser()
    page = await browser.log_in()

    assert (browser.status, browser.path) == (200, "/")
    assert "Dashboard" in page


async def test_lists(browser):
    for path in (
        "/definitions/networks/hosts",
        "/definitions/networks/hosts/new",
        "/objects/http/sp_subcat",
    ):
        page = await browser.get(path)
        assert browser.status == 200, page


async def test_make_host(browser):
    await browser.submit("/definitions/networks/hosts/new", {"name": "Mail", "address": "10.0.0.1"})
    assert (browser.status, browser.path) == (200, "/definitions/networks/hosts")
    assert "Mail" in browser.html
