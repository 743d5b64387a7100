"""The UTM registers, and what it may not do before."""

import asyncio
import ssl
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509

from endpoint.setup.errors import SetupStoppedError
from endpoint.setup.exit_codes import ExitCode
from foundation.net.tls import client_context
from utm.app import EndpointProtectionOffError
from utm.epsecd.registration import LinkCredentials
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

from .conftest import settled, utm_lines

SETTINGS = LabSettings(poll_interval_s=0.2, ports=Ports())


@pytest.fixture
async def off(tmp_path):
    """A lab whose Endpoint Protection is off."""
    async with Stack(Places(tmp_path / "lab", tmp_path / "lab" / "logs"), SETTINGS) as lab:
        yield lab


def certificate(lab):
    path = LinkCredentials(lab.places.utm / "link").certificate
    return x509.load_pem_x509_certificates(path.read_bytes())[0]


@pytest.mark.parametrize("verb", ["register", "token", "deploy_agent", "token_reset"])
async def test_utm_01_switched_off_nothing_is_registered_or_issued(off, verb):
    with pytest.raises(EndpointProtectionOffError, match="Endpoint Protection is off"):
        await off.call("utm", verb)


async def test_utm_01_switched_on_registering_and_tokens_work(off):
    await off.call("utm", "enable")

    assert len((await off.call("utm", "token"))["token"]) == 17


async def test_utm_01_switched_off_again_agents_keep_the_last_policy(office):
    await office.call("utm", "disable")
    await office.wait_compliant()

    assert (await office.browse("PC-01", "http://games.example/")).status == 403


async def test_utm_01_switched_off_again_nobody_enrols(lab):
    installer = Path((await lab.call("utm", "deploy_agent"))["file"])
    await lab.call("utm", "disable")
    async with asyncio.timeout(60):
        while (await lab.call("utm", "status"))["waiting"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    with pytest.raises(SetupStoppedError, match="endpoint_protection_off") as refusal:
        await lab.install("PC-01", installer)
    assert refusal.value.exit_code is ExitCode.REGISTRATION_REFUSED


async def test_utm_02_registering_leaves_a_line_and_a_row_at_liveconnect(utmlab_stack):
    status = await utmlab_stack.call("utm", "status")
    known = await utmlab_stack.call("liveconnect", "status")
    await settled(utmlab_stack)

    assert [utm["tenant"] for utm in known["utms"]] == [status["utm_id"]]
    assert any('id="4280"' in line for line in utm_lines(utmlab_stack))


async def test_utm_03_two_utms_get_distinct_ids_and_keys(tmp_path):
    seen = []
    for name in ("a", "b"):
        places = Places(tmp_path / name, tmp_path / name / "logs")
        async with Stack(places, SETTINGS) as lab:
            await lab.call("utm", "enable")
            status = await lab.call("utm", "status")
            seen.append((status["utm_id"], certificate(lab).public_key().public_numbers()))

    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


async def test_utm_04_without_the_certificate_the_link_refuses(utmlab_stack):
    port = utmlab_stack.settings.ports.link
    stranger = client_context(ca=utmlab_stack.liveconnect_ca, now=utmlab_stack.now)
    url = f"https://localhost:{port}/link/v1/changesets/latest"
    async with aiohttp.ClientSession() as session, session.get(url, ssl=stranger) as answer:
        assert answer.status == 403


async def test_utm_04_a_certificate_of_another_ca_is_refused(utmlab_stack, tmp_path):
    places = Places(tmp_path / "other", tmp_path / "other" / "logs")
    async with Stack(places, SETTINGS) as other:
        await other.call("utm", "enable")
        foreign = LinkCredentials(other.places.utm / "link")
        context = client_context(
            ca=utmlab_stack.liveconnect_ca,
            now=utmlab_stack.now,
            certificate=foreign.certificate,
            key=foreign.key,
        )
        port = utmlab_stack.settings.ports.link
        with pytest.raises((aiohttp.ClientError, ssl.SSLError)):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"https://localhost:{port}/link/v1/changesets/latest", ssl=context),
            ):
                pass


async def test_a_registration_survives_a_restart(tmp_path):
    places = Places(tmp_path / "lab", tmp_path / "lab" / "logs")
    async with Stack(places, SETTINGS) as lab:
        await lab.call("utm", "enable")
        before = await lab.call("utm", "status")
    async with Stack(places, SETTINGS) as lab:
        after = await lab.call("utm", "status")

    assert after["utm_id"] == before["utm_id"]
    assert after["changeset"] == before["changeset"]


async def test_secrets_are_in_no_log(office):
    token = (await office.call("utm", "token"))["token"]
    await settled(office)
    texts = [path.read_text(errors="replace") for path in office.places.logs.rglob("*.log")]
    texts += [path.read_text() for path in office.places.data.rglob("*.log") if path.is_file()]

    assert texts
    assert not any(token in text for text in texts)
