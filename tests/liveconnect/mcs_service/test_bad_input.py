"""Documents that must be refused with the protocol's own error, and change nothing."""

import asyncio
from urllib.parse import urlsplit

import pytest

from foundation.net.tls import client_context
from foundation.protocol import paths
from foundation.protocol.authorization import (
    RegistrationCredentials,
    encode_basic,
    encode_bearer,
)
from foundation.redact import Secret

DEEP = b"<a>" * 200_000 + b"</a>" * 200_000
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
HUGE = b"<a>" + b"x" * 50_000_000 + b"</a>"
LATIN = '<?xml version="1.0" encoding="utf-8"?><a>ü</a>'.encode("latin-1")
BAD = [
    (DOCTYPE, 400, "xml_doctype"),
    (DEEP, 400, "xml_too_deep"),
    (LATIN, 400, "xml_encoding"),
    (b"<a><b></a>", 400, "xml_malformed"),
    (b"", 400, "body_empty"),
    (b"<a/>", 400, "field_missing"),
    (HUGE, 413, "body_too_large"),
]
IDS = [reason for _, _, reason in BAD]


async def unchanged(lab, utm, endpoint, reports):
    assert await utm.reports() == reports
    assert len(await lab.service.verbs["endpoints"]()) == 1
    await endpoint.poll()


@pytest.mark.parametrize(("body", "status", "reason"), BAD, ids=IDS)
async def test_a_bad_document_is_refused_by_every_call_that_reads_one(lab, body, status, reason):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    before = await utm.reports()
    token = RegistrationCredentials("", Secret(""), utm.registration.registration_token)
    calls = (
        ("POST", paths.register(), encode_basic(token)),
        ("PUT", paths.statuses(endpoint.endpoint_id), endpoint.basic),
        ("POST", paths.events(endpoint.endpoint_id), endpoint.basic),
    )
    for method, path, header in calls:
        # The same bytes over the small limit of statuses are told so there.
        answer = await endpoint.request(method, path, body, Authorization=header)
        if "statuses" in path and len(body) > 262_144:
            assert answer.status == 413
        else:
            assert (answer.status, answer.reason) == (status, reason)
        assert answer.body.strip()
    await unchanged(lab, utm, endpoint, before)


@pytest.mark.parametrize(
    "status",
    [
        "<status><creationTime>2026-11-20T23:20:18.1Z</creationTime><body>x</body></status>",
        "<status><appId>SAV</appId><body>x</body></status>",
        "<status><appId>SAV</appId><creationTime>2026-11-20T23:20:18.1Z</creationTime></status>",
    ],
)
async def test_one_incomplete_status_refuses_the_whole_document(lab, status):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    before = await utm.reports()
    good = (
        "<status><appId>ALC</appId><creationTime>2026-11-20T23:20:18.1Z</creationTime>"
        "<ttl>PT10000S</ttl><body>&lt;a/&gt;</body></status>"
    )
    document = (
        '<?xml version="1.0"?><ns:statuses xmlns:ns="http://www.sophos.com/xml/mcs/statuses">'
        f"{good}{status}</ns:statuses>"
    )
    path = paths.statuses(endpoint.endpoint_id)
    answer = await endpoint.call("PUT", path, document.encode())
    assert (answer.status, answer.reason) == (400, "field_missing")
    await unchanged(lab, utm, endpoint, before)


async def test_a_computer_without_a_name_does_not_enrol(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    before = await utm.reports()
    token = RegistrationCredentials("", Secret(""), utm.registration.registration_token)
    body = (
        b'<ns:computerStatus xmlns:ns="http://www.sophos.com/xml/mcs/computerstatus">'
        b'<meta timestamp="2026-11-20T23:20:18.9Z"/><commonComputerStatus/></ns:computerStatus>'
    )
    answer = await endpoint.request(
        "POST", paths.register(), body, Authorization=encode_basic(token)
    )
    assert (answer.status, answer.reason) == (400, "field_missing")
    await unchanged(lab, utm, endpoint, before)


async def test_a_full_disk_refuses_with_500_and_keeps_nothing(lab, monkeypatch):
    import sqlite3

    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    writer = lab.service._store._writer

    async def full(_work):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(writer, "write", full)
    answer = await endpoint.post_event("1")
    assert (answer.status, answer.reason) == (500, "disk_full")
    monkeypatch.undo()
    assert (await endpoint.post_event("1")).status == 200
    assert [report.kind for report in await utm.reports()] == ["enrolled", "event"]


async def raw_status(lab, endpoint, path, body, *headers):
    """Return the status of the answer to headers as bytes, which aiohttp would leave out."""
    parts = urlsplit(endpoint.url)
    reading, writing = await asyncio.open_connection(
        parts.hostname, parts.port, ssl=client_context(ca=lab.service.ca_file, now=lab.clock)
    )
    start = f"POST {parts.path}{path} HTTP/1.1\r\nHost: {parts.netloc}"
    length = f"Content-Length: {len(body)}"
    writing.write(b"\r\n".join([start.encode(), length.encode(), *headers, b"", body]))
    async with asyncio.timeout(60):
        head = await reading.readuntil(b"\r\n\r\n")
    writing.close()
    return int(head.split()[1])


async def test_a_name_in_a_header_that_is_not_ascii_names_nothing(lab, make_computer):
    utm = await lab.utm()
    stranger, body = await lab.endpoint(), make_computer("laptop", lab.clock())
    token = encode_basic(
        RegistrationCredentials("", Secret(""), utm.registration.registration_token)
    )
    moving = encode_bearer((await lab.service.verbs["migration_token"]())["token"])
    for path, header, opens in (
        (paths.register(), b"X-Registration-Attempt", token),
        (paths.migrate(), b"X-Device-ID", moving),
    ):
        opened = f"Authorization: {opens}".encode()
        for _ in range(2):
            named = header + b": \xff\xfe"
            assert await raw_status(lab, stranger, path, body, opened, named) == 200
    assert len(await lab.service.verbs["endpoints"]()) == 4
