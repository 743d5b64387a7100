"""Logging & Reporting without a browser: files, lines, what belongs to them, clearing."""

import asyncio
import gzip
import re
from datetime import date, timedelta
from html import unescape

import pytest
from yarl import URL

from utm.confd import Confd
from utm.logs.spool import enqueue
from utm.logs.views import archive_path
from utm.webadmin.pages import log_files, log_live

VIEW = "/logging/view-log-files"
DAY = date(2026, 11, 19)
HOSTILE = (
    '2026:11:20-09:30:00 utm httpproxy[7]: id="0001" severity="info" sys="SecureWeb" sub="http"'
    ' name="http access" user="<script>alert(1)</script>" url="javascript:alert(1)//\u202egnp.exe"'
    ' ua="\x1b[31mred\x07 \u2066x" referer="{{ 7 * 7 }}"'
)


async def write(utm, *lines, log="http"):
    """Bring lines into a file as the appliance does."""
    await utm.writer.write(lambda db: enqueue(db, log, utm.now(), lines))
    await utm.appender.drain()


def put_archive(utm, *lines, log="epsecd", day=DAY, number=1):
    path = archive_path(utm.config.logs, log, day, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines)))
    return path


def links(page, text):
    """Where the links of that name lead."""
    found = re.findall(rf'<a [^>]*href="([^"]*)"[^>]*>{text}', page)
    return [unescape(one) for one in found]


async def last_line(browser, log):
    """Open the page about the newest line of a log."""
    page = await browser.get(f"{VIEW}/today/{log}")
    return await browser.get(links(page, "Explain")[-1])


async def test_today_lists_every_log_by_its_name(utm, browser):
    await write(utm, "one", "two")
    page = await browser.get(f"{VIEW}/today")
    rows = re.findall(r"<tr><th.*?</tr>", page, re.DOTALL)
    found = {re.search(r">([^<]+)</a></th>", row)[1]: row for row in rows if "</a></th>" in row}

    assert list(found) == [
        "Endpoint Protection",
        "Endpoint Web Protection",
        "Configuration daemon",
        "Web filtering",
    ]
    assert "http.log" in found["Web filtering"]
    assert ">2</td>" in found["Web filtering"]
    assert "09:30:00" in found["Configuration daemon"]


async def test_a_file_is_viewed_from_its_end_and_paged_without_loss(utm, browser, monkeypatch):
    monkeypatch.setattr(log_files, "PER_PAGE", 7)
    await write(utm, *(f"line number {number:02}." for number in range(20)))
    page = await browser.get(f"{VIEW}/today/http")
    seen = [re.findall(r"line number (\d\d)", page)]
    while older := links(page, "Older"):
        page = await browser.get(f"{VIEW}/today/http{older[0]}")
        seen.insert(0, re.findall(r"line number (\d\d)", page))

    assert [len(one) for one in seen] == [6, 7, 7]
    assert [one for part in seen for one in part] == [f"{number:02}" for number in range(20)]
    newer = links(page, "Newer")
    page = await browser.get(f"{VIEW}/today/http{newer[0]}")
    assert re.findall(r"line number (\d\d)", page) == seen[1]


async def test_a_filter_finds_words_and_pairs(utm, browser):
    await write(utm, 'a id="0060" x', 'b id="0001" x', "c plain")
    page = await browser.get(f"{VIEW}/today/http", params={"q": "id=0060"})

    assert page.count("<li id=") == 1


async def test_a_file_beyond_what_can_be_viewed_says_so(utm, browser, monkeypatch):
    monkeypatch.setattr(log_files, "LARGEST_VIEWED", 10)
    await write(utm, "more than ten bytes")
    page = await browser.get(f"{VIEW}/today/http")

    assert "cannot be viewed" in page
    assert "more than ten" not in page


async def test_a_download_is_the_file(utm, browser):
    await write(utm, "one", "two \u00e9")
    await browser.get(f"{VIEW}/today/http/download")

    assert browser.html == "one\ntwo \u00e9\n"
    assert browser.headers["Content-Disposition"] == 'attachment; filename="http.log"'
    assert "default-src 'none'" in browser.headers["Content-Security-Policy"]


async def test_archives_are_listed_viewed_and_downloaded(utm, browser):
    packed = put_archive(utm, b"first", b"second")
    put_archive(utm, b"other", day=date(2026, 10, 1))
    page = await browser.get(f"{VIEW}/archived")
    assert ("2026-11-19" in page, "2026-10-01<" in page) == (True, False)
    path = f"{VIEW}/archived/epsecd/2026-11-19/1"
    assert path in page
    page = await browser.get(path)
    assert page.index("first") < page.index("second")
    async with browser.http.get(f"{browser.url}{path}/download") as answer:
        assert await answer.read() == packed.read_bytes()


async def test_an_archive_is_paged_and_a_bomb_is_not_unpacked_whole(utm, browser, monkeypatch):
    monkeypatch.setattr(log_files, "BUDGET", 1 << 20)
    path = put_archive(utm, b"x" * (64 << 20), b"behind")
    assert path.stat().st_size < 1 << 20
    page = await browser.get(f"{VIEW}/archived/epsecd/2026-11-19/1")

    assert browser.status == 200
    assert len(page) < 100_000
    assert "bytes more" in page


@pytest.mark.parametrize(
    "path",
    [
        "today/..%2f..%2fetc%2fpasswd",
        "today/%2e%2e/%2e%2e/etc/passwd",
        "today/epsecd%00",
        "today/%2fetc%2fpasswd",
        "today/http.log",
        "today/http.log.orphan-1",
        "archived/../../../etc/passwd",
        "archived/epsecd/2026-11-19%2f../1",
        "archived/epsecd/2026-02-31/1",
        "archived/epsecd/2026-11-19/..",
        "archived/epsecd/2026-11-19/0",
        "archived/epsecd/2026-11-18/1",
        "archived/http%2f..%2fepsecd/2026-11-19/1",
    ],
)
@pytest.mark.parametrize("end", ["", "/download", "/line?at=0&is=0"])
async def test_no_path_leads_out_of_the_log_folder(utm, browser, path, end):
    put_archive(utm, b"secret")
    (utm.config.logs / "http.log.orphan-1").write_text("secret")
    async with browser.http.get(
        URL(f"{browser.url}{VIEW}/{path}{end}", encoded=True), allow_redirects=False
    ) as answer:
        assert answer.status in (303, 404)
        assert "secret" not in await answer.text()


async def test_a_link_in_the_place_of_a_log_is_not_followed(utm, browser, tmp_path):
    (tmp_path / "secret").write_text("secret\n")
    await write(utm, "one")
    (utm.config.logs / "http.log").unlink(missing_ok=True)
    (utm.config.logs / "http.log").symlink_to(tmp_path / "secret")
    for path in ("", "/download", "/live", "/line?at=0&is=0"):
        assert "secret" not in await browser.get(f"{VIEW}/today/http{path}")
    assert "secret" not in await browser.get(f"{VIEW}/search?q=s")
    assert browser.status == 200


async def test_hostile_lines_are_shown_harmlessly(utm, browser):
    await write(utm, HOSTILE)
    with (utm.config.logs / "eplog.log").open("wb") as file:
        file.write(b"\xff\xfe bytes\n" + b"A" * (1 << 20) + b"\n")
    for path in ("today/http", "today/http/live", "search?q=http"):
        page = await browser.get(f"{VIEW}/{path}")
        assert browser.status == 200
        assert "<script>alert" not in page
        assert not re.search("[\x00-\x08\x1b\u202e\u2066]", page)
        assert "U+202E" in page
    page = await last_line(browser, "http")
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert not re.search("[\x00-\x08\x1b\u202e\u2066]", page)
    page = await browser.get(f"{VIEW}/today/eplog")
    assert r"\xff" in page
    assert "1,044,576 bytes more" in page
    assert len(page) < 50_000


async def test_a_line_is_explained(with_computers, browser):
    await with_computers.quiesce()
    page = await browser.get(f"{VIEW}/today/epsecd", params={"q": "id=4212"})
    page = await browser.get(links(page, "Explain")[-1])

    assert "ids of the reports acknowledged" in page
    assert f"{VIEW}/messages/4211" in page
    assert ">seed</span>" in page
    assert "If it is absent" in page


async def test_a_changeset_line_leads_to_its_changeset_and_change(with_computers, browser):
    utm = with_computers
    await utm.quiesce()
    page = await browser.get(f"{VIEW}/today/epsecd", params={"q": "id=4233"})
    page = await browser.get(links(page, "Show the change")[-1])

    assert 'href="/sync/' in page
    assert 'href="/management/webadmin/changes/' in page


async def test_a_change_line_leads_to_the_object_its_change_and_its_history(browser, utm):
    await utm.edit("a tag", lambda edit: edit.create("http", "lsl_tag", {"name": "Trusted"}))
    await utm.quiesce()
    page = await browser.get(f"{VIEW}/today/confd", params={"q": "objname=Trusted"})
    page = await browser.get(links(page, "Show the change")[-1])
    ref = re.search(r"changes/of/(REF_\w+)", page)[1]

    assert f'/{ref}"' in page.replace("changes/of/", "")
    page = await browser.get(f"/management/webadmin/changes/of/{ref}")
    assert browser.status == 200
    number = re.search(r'href="/management/webadmin/changes/(\d+)"', page)[1]
    page = await browser.get(f"/management/webadmin/changes/{number}")
    assert "a tag" in page
    await browser.get("/management/webadmin/changes/999999")
    assert browser.status == 404


async def test_a_web_line_leads_to_profile_action_and_a_policy_test(browser, utm):
    line = (
        '2026:11:20-09:30:00 utm eplog[7]: id="0060" severity="info" sys="SecureWeb" sub="http"'
        ' name="web request blocked, forbidden category detected" action="block"'
        ' srcip="192.0.2.7" user="LAB\\anna" profile="REF_DefaultHTTPProfile (Default)"'
        ' filteraction="REF_Gone (Once there)" url="http://casino.example/?a=1&b=2"'
    )
    await write(utm, line, log="eplog")
    page = await last_line(browser, "eplog")
    test = next(one for one in links(page, "test this request"))

    assert "REF_DefaultHTTPProfile" in page
    assert "not there any more" in page
    assert "url=http%3A%2F%2Fcasino.example%2F%3Fa%3D1%26b%3D2" in test
    assert "user=LAB%5Canna" in test
    assert "at=2026-11-20T09%3A30%3A00" in test
    await browser.get(test)
    assert browser.status == 200
    assert 'value="http://casino.example/?a=1&amp;b=2"' in browser.html


async def test_a_link_to_a_line_that_is_gone_says_so(utm, browser):
    await write(utm, "one line", "another line")
    path = links(await browser.get(f"{VIEW}/today/http"), "Explain")[-1]
    await utm.appender.clear("http", lambda _db: None)
    await write(utm, "two lines", "entirely others")
    page = await browser.get(path)

    assert browser.status == 404
    assert "not there any more" in page


async def test_clearing_asks_and_empties_and_is_written_down(utm, browser):
    await write(utm, "one")
    await browser.submit(f"{VIEW}/today/http/clear")

    assert browser.path == f"{VIEW}/today"
    assert (utm.config.logs / "http.log").read_bytes() == b""
    await utm.quiesce()
    line = (utm.config.logs / "confd.log").read_text().splitlines()[-1]
    assert 'id="4298"' in line
    assert 'user="admin"' in line
    assert 'file="http.log"' in line
    await write(utm, "two")
    assert (utm.config.logs / "http.log").read_text() == "two\n"


async def test_an_auditor_clears_nothing(utm, auditor):
    await write(utm, "one")
    page = await auditor.get(f"{VIEW}/today/http/clear")
    assert "Clear this log" not in page
    assert "/clear" not in await auditor.get(f"{VIEW}/today")
    await auditor.post(f"{VIEW}/today/http/clear")

    assert auditor.status == 403
    assert (utm.config.logs / "http.log").read_text() == "one\n"


async def test_a_get_clears_nothing(utm, browser):
    await write(utm, "one")
    await browser.get(f"{VIEW}/today/http/clear")
    await browser.post(f"{VIEW}/today/http/clear", csrf=False)

    assert browser.status == 403
    assert (utm.config.logs / "http.log").read_text() == "one\n"


async def test_a_search_goes_through_days_and_logs_and_leads_to_the_place(utm, browser):
    put_archive(utm, b"needle of yesterday", b"hay")
    await write(utm, "hay", "needle of today")
    asked = {"q": "needle", "log": ["http", "epsecd"], "first": "2026-11-01", "last": "2026-11-20"}
    page = await browser.get(f"{VIEW}/search", params=[*_pairs(asked)])

    assert page.index("of today") < page.index("of yesterday")
    assert "2 lines" in page
    context = await browser.get(links(page, "Context")[1].split("#")[0])
    assert re.findall(r"<bdi>(\w+)", context) == ["needle", "hay"]


def _pairs(asked):
    for name, value in asked.items():
        yield from ((name, one) for one in (value if isinstance(value, list) else [value]))


@pytest.mark.parametrize(
    "query",
    [
        "q=x&first=2026-13-01",
        "q=x&first=2026-11-21&last=2026-11-20",
        "q=x&offset=%00",
        "q=%00",
        "q=x&in_log=../x&offset=3&in_number=99999",
        "q=x&log=../etc",
        "q=%ff&offset=99999999999999",
    ],
)
async def test_a_search_that_makes_no_sense_is_answered(browser, query):
    await browser.get(f"{VIEW}/search?{query}")

    assert browser.status == 200


async def test_every_id_has_a_page_and_an_unknown_one_says_so(utm, browser):
    page = await browser.get(f"{VIEW}/messages")
    for path in set(re.findall(rf'href="({VIEW}/messages/\w+)"', page)):
        await browser.get(path)
        assert browser.status == 200
    assert "Readings" in await browser.get(f"{VIEW}/messages/4212")
    assert "No source knows this id" in await browser.get(f"{VIEW}/messages/9999")
    assert browser.status == 404


class Stream:
    """The events of a live log, read as a browser does."""

    def __init__(self, answer):
        self.answer = answer

    async def event(self):
        fields = {}
        while line := (await self.answer.content.readline()).decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
        return fields

    async def lines(self):
        while "data" not in (found := await self.event()):
            pass
        return found


def follow(browser, query="", **headers):
    path = f"{browser.url}{VIEW}/today/http/events{query}"
    return browser.http.get(path, headers={"Accept": "text/event-stream", **headers})


async def test_live_lines_come_and_a_reconnecting_browser_misses_none(utm, browser):
    await write(utm, "before")
    async with follow(browser, "?from=7") as answer:
        stream = Stream(answer)
        await write(utm, "first")
        found = await stream.lines()
        assert ("first" in found["data"], "before" in found["data"]) == (True, False)
    await write(utm, "second")
    async with follow(browser, "?from=7", **{"Last-Event-ID": found["id"]}) as answer:
        found = await Stream(answer).lines()
        assert ("second" in found["data"], "first" in found["data"]) == (True, False)


async def test_a_live_log_keeps_to_its_filter_and_notices_a_cleared_file(utm, browser):
    await write(utm, "needle 1", "hay")
    async with follow(browser, "?q=needle&from=0") as answer:
        stream = Stream(answer)
        assert "hay" not in (await stream.lines())["data"]
        await utm.appender.clear("http", lambda _db: None)
        assert '"anew": true' in (await stream.lines())["data"]


async def test_a_file_that_grows_too_fast_is_passed_over_in_part(utm, browser, monkeypatch):
    monkeypatch.setattr(log_live, "MOST_AT_ONCE", 3)
    await write(utm, *(f"line {number}" for number in range(10)))
    async with follow(browser, "?from=0") as answer:
        data = (await Stream(answer).lines())["data"]

    assert ("line 9" in data, "line 6" in data) == (True, False)
    assert '"passed": 49' in data


async def test_live_logs_end_at_logout_and_are_bounded(utm, browser):
    await write(utm, "one")
    open_ones = [await follow(browser, "?from=0") for _ in range(12)]
    async with follow(browser) as refused:
        assert refused.status == 429
    await browser.post("/logout")
    async with asyncio.timeout(60):
        for one in open_ones:
            await one.read()
            one.close()


async def test_a_page_that_reloads_itself_does_not_keep_a_session(utm, browser, monkeypatch):
    at = utm.now()
    for minutes in (20, 40):
        monkeypatch.setattr(utm, "now", lambda at=at, m=minutes: at + timedelta(minutes=m))
        page = await browser.get(f"{VIEW}/today/http/live?refresh=1")
    assert "/login" in browser.path
    assert "Live log" not in page


async def test_a_local_users_line_is_tested_for_that_computer(with_computers, browser):
    line = HOSTILE.replace("httpproxy", "eplog").replace("<script>alert(1)</script>", "PC-02\\eve")
    await write(with_computers, line, log="eplog")
    page = await last_line(browser, "eplog")
    snapshot = await with_computers.writer.read(lambda db: Confd(db).snapshot())
    ref = next(one.ref for one in snapshot.of_class("epp", "endpoint") if one.name == "PC-02")

    assert f"who={ref}&" in links(page, "test this request")[0]


async def test_two_changesets_of_one_second_are_both_named_and_not_called_certain(
    with_computers, browser, broker
):
    sent = len(broker.changesets)
    await with_computers.verbs["group_create"](name="Sales")
    await broker.until(lambda: len(broker.changesets) > sent)
    await with_computers.quiesce()
    page = await browser.get(f"{VIEW}/today/epsecd", params={"q": "id=4233"})
    page = await browser.get(links(page, "Show the change")[-1])

    assert page.count("one of these: same second") == page.count("<dt>Changeset</dt>") > 1
