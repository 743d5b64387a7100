"""Coming in and going out, what a form must carry, and what every answer says."""

from datetime import timedelta

import pytest

from utm.confd import Confd
from utm.webadmin.gate import COOKIE
from utm.webadmin.sessions import IDLE, LONGEST

HOSTS = "/definitions/networks/hosts"


@pytest.fixture
def clock(utm):
    """The UTM's clock, to be moved on."""
    at = [utm.now()]
    utm.now = lambda: at[0]

    def move(by):
        at[0] += by

    return move


async def number_of(utm):
    return await utm.writer.read(lambda db: Confd(db).number)


@pytest.mark.parametrize("path", ["/", HOSTS, "/no/such/page", f"{HOSTS}?q=a"])
async def test_without_a_session_every_page_leads_to_the_login(make_browser, path):
    browser = make_browser()
    await browser.get(path)

    assert (browser.status, browser.path.split("?")[0]) == (200, "/login")
    assert "Hosts" not in browser.html


@pytest.mark.parametrize("host", ["x:y:z", "evil.example/login", "[", "ä"])
async def test_whatever_host_is_named_the_login_is_on_this_one(make_browser, host):
    browser = make_browser()
    await browser.get(HOSTS, headers={"Host": host})

    assert (browser.status, browser.path) == (200, f"/login?next={HOSTS}")


async def test_an_administrator_logs_in_and_sees_the_page_that_was_asked_for(make_browser):
    browser = make_browser()
    await browser.get(HOSTS)
    fields = {"user": "admin", "password": browser.secrets["admin"], "next": HOSTS}
    await browser.post("/login", fields, csrf=False)

    assert (browser.status, browser.path) == (200, HOSTS)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", "\t//x"],
)
async def test_a_login_leads_to_no_other_site(make_browser, target):
    browser = make_browser()
    fields = {"user": "admin", "password": browser.secrets["admin"], "next": target}
    await browser.post("/login", fields, csrf=False)

    assert (browser.status, browser.path) == (200, "/")


async def test_a_wrong_password_is_refused_and_too_many_are_not_looked_at(make_browser):
    browser = make_browser()
    fields = {"user": "admin", "password": "wrong"}
    statuses = []
    for _ in range(7):
        await browser.post("/login", fields, csrf=False)
        statuses.append(browser.status)

    assert statuses == [403] * 5 + [429] * 2
    assert int(browser.headers["Retry-After"]) > 0
    assert "wrong" not in browser.html.replace("is wrong", "")


async def test_the_cookie_is_for_this_host_alone_and_no_script_reads_it(make_browser):
    browser = make_browser()
    fields = {"user": "admin", "password": browser.secrets["admin"]}
    await browser.post("/login", fields, csrf=False, allow_redirects=False)

    cookie = browser.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert len(cookie.split(";")[0].split("=")[1]) >= 43  # 256 bits in base64


async def test_a_login_gives_a_new_cookie_and_ends_the_session_before_it(browser):
    before = browser.cookie
    await browser.log_in()

    assert browser.cookie != before
    browser.cookie = before
    await browser.get("/")
    assert browser.path.startswith("/login")


async def test_a_logout_ends_the_session_on_the_server(browser):
    cookie = browser.cookie
    await browser.post("/logout")
    browser.cookie = cookie
    await browser.get("/")

    assert browser.path.startswith("/login")


async def test_an_idle_session_ends_and_says_so_in_confd_log(utm, browser, clock):
    clock(IDLE - timedelta(seconds=1))
    await browser.get("/")
    assert browser.path == "/"
    clock(IDLE)
    await browser.get("/")

    assert browser.path.startswith("/login")
    await utm.quiesce()
    assert 'name="closing session"' in (utm.config.logs / "confd.log").read_text()


async def test_a_busy_session_ends_too(browser, clock):
    for _ in range(int(LONGEST / (IDLE / 2)) + 1):
        clock(IDLE / 2)
        await browser.get("/")

    assert browser.path.startswith("/login")


async def test_a_clock_that_is_set_back_brings_no_session_back(browser, clock):
    clock(IDLE)
    await browser.get("/")
    clock(-IDLE)
    await browser.get("/")

    assert browser.path.startswith("/login")


async def test_a_live_part_does_not_keep_a_session_open(browser, clock):
    clock(IDLE / 2)
    await browser.get("/nowhere", headers={"Accept": "text/event-stream"})
    clock(IDLE / 2)
    await browser.get("/")

    assert browser.path.startswith("/login")


@pytest.mark.parametrize("mark", ["", "x" * 43, "\u00e9\u202e"])
async def test_a_form_without_the_mark_of_the_session_changes_nothing(utm, browser, mark):
    before = await number_of(utm)
    fields = {"_fields": "name", "name": "Mail", "_csrf": mark}
    await browser.post(f"{HOSTS}/new", fields, csrf=False)

    assert browser.status == 403
    assert await number_of(utm) == before


async def test_the_mark_of_another_session_is_none_of_this_one(utm, browser, make_browser):
    other = make_browser()
    await other.log_in()
    before = await number_of(utm)
    fields = {"_fields": "name", "name": "Mail", "_csrf": await other.mark()}
    await browser.post(f"{HOSTS}/new", fields, csrf=False)

    assert (browser.status, await number_of(utm)) == (403, before)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_a_form_of_another_site_is_refused_even_at_the_login(browser, headers):
    for path in ("/login", f"{HOSTS}/new"):
        await browser.post(path, {"user": "admin"}, headers=headers)
        assert browser.status == 403


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded; charset=nonsense", b"a=b"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"a"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data", b"x"),
    ],
)
async def test_a_form_that_cannot_be_read_is_the_senders_fault(browser, content_type, body):
    await browser.send("/theme", body, content_type)

    assert browser.status == 400


async def test_an_auditor_sees_pages_and_no_controls(auditor):
    page = await auditor.get(HOSTS)
    assert auditor.status == 200
    assert "New host" not in page
    page = await auditor.get("/endpoint-protection/antivirus/policies/REF_EppAvpAllow")
    assert auditor.status == 200
    assert 'class="main"' not in page


async def test_an_auditors_edit_is_refused_with_a_page(utm, auditor):
    before = await number_of(utm)
    page = await auditor.post(f"{HOSTS}/new", {"_fields": "name", "name": "Mail"})

    assert (auditor.status, await number_of(utm)) == (403, before)
    assert "Not allowed" in page


async def test_an_auditor_may_log_out_and_choose_colours(auditor):
    await auditor.post("/theme", {"theme": "dark", "back": HOSTS})
    assert (auditor.status, auditor.path) == (200, HOSTS)
    assert 'data-theme="dark"' in auditor.html
    await auditor.post("/logout")
    assert auditor.path == "/login"


@pytest.mark.parametrize(
    "path", ["/", "/login", HOSTS, "/nowhere", "/static/webadmin.css", "/static/nothing.css"]
)
async def test_every_answer_forbids_inline_scripts_and_frames(browser, path):
    await browser.get(path, allow_redirects=False)

    policy = browser.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert browser.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
    assert browser.headers["X-Frame-Options"] == "DENY"


async def test_pages_are_not_kept_by_caches_and_static_files_are(browser):
    page = await browser.get("/")
    assert browser.headers["Cache-Control"] == "no-store"
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    await browser.get(address)
    assert "immutable" in browser.headers["Cache-Control"]
    assert browser.headers["Content-Type"].startswith("text/css")


@pytest.mark.parametrize("name", ["..%2f__init__.py", "%2e%2e/gate.py", "webadmin.css%00"])
async def test_nothing_but_the_static_files_is_served(browser, name):
    await browser.get(f"/static/{name}")
    assert browser.status == 404


async def test_a_page_that_is_not_there_is_a_page(browser):
    page = await browser.get("/no/such/page")
    assert browser.status == 404
    assert "Not found" in page
