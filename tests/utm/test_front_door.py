import ssl

import aiohttp
import pytest
from cryptography import x509

from foundation.net.http_server import PortInUseError


def certificate_of(utm):
    return x509.load_pem_x509_certificate((utm.config.data / "webadmin/webadmin.crt").read_bytes())


async def fetch(utm, path):
    trusted = ssl.create_default_context(cafile=utm.config.data / "webadmin/webadmin.crt")
    connector = aiohttp.TCPConnector(ssl=trusted)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get(f"{utm.front_door.url}{path}", allow_redirects=False) as response,
    ):
        return response.status, response.headers


@pytest.mark.parametrize("path", ["/api", "/api/", "//api/nodes", "/api/nothing", "///api//x"])
async def test_what_is_below_api_is_the_rest_apis(utm, path):
    status, headers = await fetch(utm, path)

    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("path", ["/", "/apix", "/x/api", "/API/nodes"])
async def test_everything_else_is_webadmins(utm, path):
    _, headers = await fetch(utm, path)

    assert "WWW-Authenticate" not in headers


@pytest.mark.parametrize("path", ["/", "/api/"])
async def test_every_answer_carries_the_protecting_headers(utm, path):
    _, headers = await fetch(utm, path)

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"


async def test_the_certificate_names_the_appliance_and_stays(utm, make_utm):
    before = certificate_of(utm)
    names = before.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "utm"]

    await utm.stop()
    again = make_utm()
    await again.start()
    assert certificate_of(again) == before

    await again.stop()
    renamed = make_utm(host_name="filter")
    await renamed.start()
    assert certificate_of(renamed) != before


async def test_a_taken_port_is_named_and_the_folder_is_free_again(utm, make_utm, tmp_path):
    from utm.app import Utm
    from utm.config import UtmConfig

    config = UtmConfig(
        data=tmp_path / "other",
        logs=tmp_path / "other-logs",
        liveconnect_url="https://localhost:1",
        liveconnect_ca=tmp_path / "ca",
        webadmin_port=utm.front_door.port,
    )

    for _ in range(2):
        with pytest.raises(PortInUseError, match="WebAdmin"):
            await Utm(config).start()


async def test_a_host_name_that_dns_does_not_know_makes_a_certificate_too(make_utm):
    utm = make_utm(host_name="AR-BADC-FAST-01")
    await utm.start()

    assert (await fetch(utm, "/api/"))[0] == 401
