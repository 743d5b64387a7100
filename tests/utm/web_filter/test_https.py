"""What the gateway does with HTTPS, as http/profile's scan_ssl_opt says (WEB-05)."""

import asyncio

import pytest

from foundation.service import utc_now
from foundation.webfilter.authority import stored_authority
from utm.confd import Confd, read_snapshot
from utm.web_filter import WebFilterOptions
from utmlab.internet import LabInternet

from .conftest import OFFICE_PC, Gateway

pytestmark = pytest.mark.peer

BASE = "REF_DefaultHTTPProfile"
ACTION = "REF_DefaultHTTPCFFAction"


@pytest.fixture
async def internet(tmp_path):
    internet = LabInternet(tmp_path / "internet", now=utc_now)
    await internet.start()
    yield internet
    await internet.stop()


@pytest.fixture
async def scanner(make_utm, internet, tmp_path):
    """A gateway before a small internet with good and bad certificates."""
    options = WebFilterOptions(
        connect_to=internet.connect_to(),
        scanning_ca=tmp_path / "scanning",
        site_ca=internet.ca_file,
    )
    gateway = Gateway(make_utm(now=utc_now, web_filter=options))
    await gateway.utm.start()
    logging = {"log_access": True, "log_blocked": True, "extensions": ["exe"]}
    await gateway.edit({"op": "change", "ref": ACTION, "attributes": logging})
    stored_authority(tmp_path / "scanning", utc_now)
    gateway.ca = tmp_path / "scanning" / "ca.crt"
    return gateway


async def scan(gateway, option, **attributes):
    attributes = {"scan_ssl_opt": option, **attributes}
    await gateway.edit({"op": "change", "ref": BASE, "attributes": attributes})


async def curl(gateway, url, ca, *words):
    process = await asyncio.create_subprocess_exec(
        "curl", "-sS", "--max-time", "60", "--proxy", gateway.url, "--interface", OFFICE_PC,
        "--cacert", str(ca), "-w", "[%{http_code}]", *words, url,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "no_proxy": ""},
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode, out.decode()


async def exception(gateway, *skips):
    attributes = {
        "name": "bad certificates",
        "status": True,
        "domains": [r"^https?://(expired|self-signed)\.example/"],
        "skiplist": list(skips),
    }
    create = {"op": "create", "class": "http", "type": "exception", "attributes": attributes}
    await gateway.edit(create)


async def lines_of(gateway, count):
    """The lines of http.log once there are so many: a tunnel is told of when it ends."""
    async with asyncio.timeout(60):
        while len(found := await gateway.lines()) < count:  # noqa: ASYNC110 - curl tells nobody
            await asyncio.sleep(0.01)
    return found


def exceptions_in(lines):
    return [line.partition(' exceptions="')[2].partition('"')[0] for line in lines]


async def test_by_default_nothing_is_decrypted(scanner, internet):
    code, out = await curl(scanner, "https://news.example/tool.exe", internet.ca_file)
    (line,) = await lines_of(scanner, 1)

    assert (code, out[-5:]) == (0, "[200]")
    assert ' method="CONNECT" ' in line


async def test_full_https_scanning_judges_each_url_inside(scanner):
    await scan(scanner, "full_https_scanning")
    assert (await curl(scanner, "https://news.example/a", scanner.ca))[1].endswith("[200]")
    code, out = await curl(scanner, "https://news.example/tool.exe", scanner.ca)
    lines = await scanner.lines()

    assert (code, out[-5:]) == (0, "[403]")
    assert "Blocked" in out
    (blocked,) = [line for line in lines if 'id="0064"' in line]
    assert ' url="https://news.example/tool.exe" ' in blocked


async def test_selective_https_scanning_looks_into_its_categories_and_tags_only(scanner, internet):
    tag = {"op": "create", "class": "http", "type": "lsl_tag"}
    site = {"op": "create", "class": "http", "type": "local_site"}
    await scanner.edit(
        {**tag, "attributes": {"name": "look"}, "as": "look"},
        {
            **site,
            "attributes": {
                "name": "tagged",
                "site": "tagged.example",
                "include_subdomains": True,
                "tags": ["$look"],
            },
        },
        {
            "op": "change",
            "ref": BASE,
            "attributes": {
                "scan_ssl_opt": "selective_https_scanning",
                "selective_scan_cat": ["REF_GamesGambles"],
                "selective_scan_tags": ["$look"],
            },
        },
    )
    for host, ca in (
        ("games.example", scanner.ca),
        ("www.tagged.example", scanner.ca),
        ("news.example", internet.ca_file),
    ):
        assert (await curl(scanner, f"https://{host}/", ca))[0] == 0, host


async def test_no_https_filtering_leaves_https_alone(scanner, internet):
    await scanner.block("shop.example")
    assert (await curl(scanner, "https://shop.example/", internet.ca_file))[0] == 56
    await scan(scanner, "no_https_filtering")
    code, out = await curl(scanner, "https://shop.example/", internet.ca_file)
    lines = await lines_of(scanner, 2)

    assert (code, out[-5:]) == (0, "[200]")
    assert ' action="pass" ' in lines[-1]
    assert (await scanner.fetch("http://shop.example/"))[0] == 403


@pytest.mark.parametrize("host", ["self-signed.example", "expired.example", "wrong-name.example"])
async def test_web_05_a_bad_certificate_is_refused_with_a_page_that_says_why(
    scanner, internet, host
):
    await scan(scanner, "full_https_scanning")
    code, out = await curl(scanner, f"https://{host}/", scanner.ca)

    assert (code, out[-5:]) == (0, "[502]")
    assert "origin_untrusted" in out
    assert internet.requests == ()


async def test_web_05_what_an_exception_skips_passes_and_the_log_names_the_skips(scanner):
    await scan(scanner, "full_https_scanning")
    await exception(scanner, "certdate", "certcheck")
    for host in ("self-signed.example", "expired.example"):
        assert (await curl(scanner, f"https://{host}/", scanner.ca))[1].endswith("[200]"), host
    assert (await curl(scanner, "https://wrong-name.example/", scanner.ca))[1].endswith("[502]")
    named = exceptions_in(await lines_of(scanner, 6))

    assert named.count("certcheck,certdate") == 4
    assert set(named) == {"certcheck,certdate", ""}


async def test_web_05_ssl_scanning_skipped_is_the_site_itself(scanner, internet):
    await scan(scanner, "full_https_scanning")
    await exception(scanner, "certdate", "certcheck", "ssl_scanning")
    code, _ = await curl(scanner, "https://expired.example/", scanner.ca)
    (line,) = await lines_of(scanner, 1)

    assert code == 60  # the client sees the site's own certificate, and refuses it itself
    assert exceptions_in([line]) == ["ssl,certcheck,certdate"]


async def test_a_foreign_server_name_inside_is_judged_and_ends_the_connection(scanner):
    await scanner.block("shop.example")
    await scan(scanner, "full_https_scanning")
    words = ("-k", "--connect-to", "shop.example:443:news.example:443")
    code, out = await curl(scanner, "https://shop.example/", scanner.ca, *words)
    lines = await lines_of(scanner, 2)

    assert (code != 0, out) == (True, "[000]")
    assert [' error="sni_mismatch" ' in line for line in lines] == [True, True]
    assert ' url="https://shop.example/" ' in lines[0]
    assert ' action="block" ' in lines[0]


async def test_an_allowed_foreign_server_name_inside_is_logged(scanner):
    await scan(scanner, "full_https_scanning")
    words = ("-k", "--connect-to", "fine.example:443:news.example:443")
    _, out = await curl(scanner, "https://fine.example/", scanner.ca, *words)
    lines = await lines_of(scanner, 3)

    assert out.endswith("[200]")
    assert [line.count('error="sni_mismatch"') for line in lines].count(1) == 2


async def test_the_key_of_the_scanning_ca_is_the_owners_only(scanner):
    await scan(scanner, "full_https_scanning")
    await curl(scanner, "https://news.example/", scanner.ca)

    assert scanner.ca.with_name("ca.key").stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in scanner.ca.read_text()


async def test_the_factory_profile_filters_by_host(scanner):
    snapshot = await scanner.utm.writer.read(read_snapshot)
    assert snapshot.find(BASE).text("scan_ssl_opt") == "simple_https_filtering"
    assert await scanner.utm.writer.read(lambda db: Confd(db).node("http.port")) == 8080
