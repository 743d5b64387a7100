"""An endpoint that is told to look into HTTPS, and one that is not (`endpoint_https`)."""

import asyncio

import pytest

from utmlab.stack import UTM

pytestmark = pytest.mark.peer


async def curl(lab, url, *words):
    process = await asyncio.create_subprocess_exec(
        "curl", "-sS", "--max-time", "30", "--proxy", lab.computer("PC-01").proxy_url,
        "-w", "[%{http_code}]", *words, url,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "no_proxy": ""},
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode, out.decode()


async def switched(lab, value):
    done = await lab.call(UTM, "switch_set", name="endpoint_https", value=value)
    await lab.wait_compliant(done["changeset"])


async def test_endpoint_https_is_looked_into_only_where_the_switch_says_so(lab):
    await lab.install("PC-01")
    await lab.wait_compliant()
    scanning = ("--cacert", str(lab.places.scanning_ca / "ca.crt"))
    site = ("--cacert", str(lab.internet.ca_file))

    assert (await curl(lab, "https://news.example/page", *site))[1].endswith("[200]")
    assert (await curl(lab, "https://news.example/page", *scanning))[0] == 60

    await switched(lab, "scan")
    code, out = await curl(lab, "https://news.example/page", *scanning)
    assert (code, out[-5:]) == (0, "[200]")
    code, out = await curl(lab, "https://expired.example/", *scanning)
    assert (code, out[-5:]) == (0, "[502]")
    assert "origin_untrusted" in out

    await switched(lab, "host")
    assert (await curl(lab, "https://news.example/page", *site))[1].endswith("[200]")
