"""The UTM's requests to LiveConnect: what is asked, and how each trouble is called."""

import json

import pytest

from foundation.protocol.link import RegisterRequest
from utm.epsecd.registration import LinkCredentials
from utm.link_client import LinkClient, LinkDownError, LinkRefusedError

from .broker import AT, TOKEN, Pki, enrolled


def now():
    return AT


@pytest.fixture
async def stranger(broker):
    client = LinkClient(broker.url, ca=broker.pki.ca, now=now)
    yield client
    await client.close()


@pytest.fixture
async def client(broker, stranger, tmp_path):
    credentials = LinkCredentials(tmp_path / "link")
    request = RegisterRequest(credentials.request("utm", "ours"), "ours")
    credentials.store(await stranger.register(request))
    client = LinkClient(
        broker.url,
        ca=broker.pki.ca,
        now=now,
        certificate=credentials.certificate,
        key=credentials.key,
    )
    yield client
    await client.close()


async def test_utm_03_registering_brings_identity_chain_and_token(stranger, tmp_path):
    csr = LinkCredentials(tmp_path / "link").request("utm", "ours")
    registration = await stranger.register(RegisterRequest(csr, "ours"))

    assert (registration.utm_id, registration.registration_token) == ("utm-1", TOKEN)
    assert registration.certificate_chain_pem.count("BEGIN CERTIFICATE") == 2


async def test_utm_04_after_registering_every_request_shows_the_certificate(broker, client):
    await client.latest_changeset()
    await client.remove_endpoint("E1")

    assert [shown for _, _, shown in broker.calls] == [False, True, True]


async def test_utm_04_without_a_certificate_the_refusal_has_its_reason(stranger):
    with pytest.raises(LinkRefusedError) as refusal:
        await stranger.latest_changeset()
    assert (refusal.value.reason, refusal.value.status) == ("certificate_missing", 401)


async def test_reports_are_taken_and_acknowledged_by_number(broker, client):
    broker.report(enrolled(1, "E1", "PC-01"), enrolled(2, "E2", "PC-02"))
    taken = await client.take_reports(0)
    await client.acknowledge((1, 2))

    assert [one.endpoint_id for one in taken] == ["E1", "E2"]
    assert broker.acknowledged == [1, 2]


@pytest.mark.parametrize(
    ("ask", "path"),
    [("remove_endpoint", "/link/v1/endpoints/E1"), ("restore_endpoint", "endpoints/E1/restore")],
)
async def test_an_endpoint_is_named_in_the_path(broker, client, ask, path):
    await getattr(client, ask)("E1")

    assert broker.calls[-1][1].endswith(path)


async def test_a_reset_token_comes_back(client):
    assert await client.reset_token() == TOKEN[::-1]


async def test_a_refusal_that_is_no_json_shows_what_was_said(broker, client):
    broker.script("latest", 502, b"<html>Bad Gateway</html>")
    with pytest.raises(LinkRefusedError, match="502: <html>Bad Gateway") as refusal:
        await client.latest_changeset()
    assert refusal.value.reason == "unknown"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", json.dumps({"epoch": "x"}).encode()])
async def test_an_answer_that_cannot_be_read_is_called_so(broker, client, body):
    broker.script("latest", 200, body)
    with pytest.raises(LinkDownError, match="does not answer as LiveConnect"):
        await client.latest_changeset()


@pytest.mark.parametrize("body", [b"", b"{}", b'{"registration_token": null}'])
async def test_no_token_in_the_answer_is_no_token(broker, client, body):
    broker.script("token", 200, body)
    with pytest.raises(LinkDownError, match="does not answer as LiveConnect"):
        await client.reset_token()


async def test_nobody_there_is_a_link_that_is_down(broker, client):
    await broker.stop()
    with pytest.raises(LinkDownError, match=str(broker.port)):
        await client.latest_changeset()


async def test_a_server_of_another_ca_is_a_link_that_is_down(broker, tmp_path):
    foreign = Pki(tmp_path / "foreign")
    client = LinkClient(broker.url, ca=foreign.ca, now=now)
    try:
        with pytest.raises(LinkDownError, match="certificate"):
            await client.latest_changeset()
    finally:
        await client.close()
    assert broker.calls == []
