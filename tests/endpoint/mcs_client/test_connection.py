import asyncio
import ssl
from pathlib import Path

import pytest

from endpoint.mcs_client.connection import Connection
from endpoint.mcs_client.errors import (
    LiveConnectUnreachableError,
    NoServerConfiguredError,
    ServerCaUnusableError,
)
from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"


class RawServer:
    """Answers each request with the next bytes of a list, and keeps what it read."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0

    async def serve(self, reader, writer) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                answer = self.answers.pop(0)
                if answer is None:
                    await asyncio.sleep(3600)
                writer.write(answer)
                await writer.drain()
                if b"Connection: close" in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def raw(pki, documents):
    opened = []

    async def open_(*answers, timeout_s=90.0, ca: Path | None = None):
        server = RawServer(*answers)
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=pki.server_context)
        connection = Connection(
            ca=lambda: ca or pki.ca, now=lambda: documents.start, timeout_s=timeout_s
        )
        opened.extend((listening, connection))
        port = listening.sockets[0].getsockname()[1]
        return server, connection, f"https://localhost:{port}/mcs"

    yield open_
    for each in opened:
        if isinstance(each, Connection):
            await each.close()
        else:
            each.close()


HEADERS = {
    "Authorization": "Basic RUlELTAwMDE6cGFzcy0wMDAx",
    "Content-Type": "application/xml; charset=utf-8",
    "User-Agent": "Sophos MCS Client/1.2.3.4 Windows sessions regToken",
}


async def test_a_get_is_written_as_the_wire_shows_it(raw):
    server, connection, url = await raw(OK + b"\r\nhi")
    answer = await connection.request("GET", f"{url}/commands/A;B/x", headers=HEADERS)
    assert answer.body == b"hi"
    port = url.split(":")[2].split("/")[0]
    assert server.requests[0].decode().split("\r\n") == [
        "GET /mcs/commands/A;B/x HTTP/1.1",
        f"Host: localhost:{port}",
        "Accept-Encoding: identity",
        "Content-Length: 0",
        "Authorization: Basic RUlELTAwMDE6cGFzcy0wMDAx",
        "Content-Type: application/xml; charset=utf-8",
        "User-Agent: Sophos MCS Client/1.2.3.4 Windows sessions regToken",
        "",
        "",
    ]


async def test_a_body_goes_with_its_length_on_the_same_connection(raw):
    server, connection, url = await raw(OK + b"\r\nhi", OK + b"\r\nhi")
    await connection.request("GET", url, headers=HEADERS)
    await connection.request("PUT", url, headers=HEADERS, body=b"<x/>")
    assert server.connections == 1
    assert b"Content-Length: 4\r\n" in server.requests[1]
    assert server.requests[1].endswith(b"\r\n\r\n<x/>")


async def test_cookies_of_a_200_come_back_until_an_error_clears_them(raw):
    cookie = b"Set-Cookie: SID=abc; Path=/; Secure\r\nSet-Cookie: LB=1; Expires=x\r\n"
    bad = b"HTTP/1.1 %d No\r\nSet-Cookie: EVIL=1\r\nContent-Length: 0\r\n\r\n"
    server, connection, url = await raw(
        OK + cookie + b"\r\nhi", bad % 401, bad % 504, bad % 500, OK + b"\r\nhi"
    )
    for _ in range(5):
        await connection.request("GET", url, headers=HEADERS)
    sent = [b"Cookie: SID=abc; LB=1\r\n" in request for request in server.requests]
    assert sent == [False, True, True, True, False]
    assert not any(b"EVIL" in request for request in server.requests)
    assert server.connections == 2  # the 500 closed the connection, 401 and 504 did not


@pytest.mark.parametrize(
    ("answer", "breakdown"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nhi", "body_too_short"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 104857601\r\n\r\n", "body_too_long"),
        (b"rubbish\r\n\r\nConnection: close", "malformed"),
        (b"Connection: close", "malformed"),
        (None, "timeout"),
    ],
)
async def test_a_broken_answer_is_named(raw, answer, breakdown):
    patience_s = 60.0 if answer else 0.2  # one that never answers is not waited for so long
    _, connection, url = await raw(answer, answer, timeout_s=patience_s)
    outcome = await connection.request("POST", url, headers=HEADERS)
    assert isinstance(outcome, NoAnswer)
    assert outcome.breakdown == breakdown


async def test_a_body_without_length_is_read_up_to_10_mib(raw):
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    _, connection, url = await raw(head + b"x" * 1000, head + b"x" * (10 * 1024 * 1024 + 1))
    first = await connection.request("GET", url, headers=HEADERS)
    assert isinstance(first, Answer)
    assert len(first.body) == 1000
    second = await connection.request("GET", url, headers=HEADERS)
    assert second.breakdown is Breakdown.BODY_TOO_LONG


async def test_a_redirect_is_an_answer_like_any_other(raw):
    redirect = b"HTTP/1.1 302 Found\r\nLocation: https://localhost:1/\r\nContent-Length: 0\r\n\r\n"
    _, connection, url = await raw(redirect)
    assert (await connection.request("GET", url, headers=HEADERS)).status == 302


async def test_nobody_there_is_a_failure_to_connect(raw, port_of_nobody):
    _, connection, _ = await raw()
    outcome = await connection.request(
        "GET", f"https://localhost:{port_of_nobody}/mcs", headers=HEADERS
    )
    assert outcome.breakdown is Breakdown.CONNECT


async def test_mcs_02_a_server_of_another_ca_is_refused_before_anything_is_sent(
    raw, documents, tmp_path
):
    other = documents.make_pki(tmp_path / "other")
    server, connection, url = await raw(OK + b"\r\nhi", ca=other.ca)
    outcome = await connection.request("GET", url, headers=HEADERS)
    assert outcome.breakdown is Breakdown.CERTIFICATE
    assert server.requests == []


async def test_a_certificate_is_checked_against_the_injected_time(raw, pki, documents):
    server, _, url = await raw(OK + b"\r\nhi")
    late = documents.start.replace(year=2050)
    connection = Connection(ca=lambda: pki.ca, now=lambda: late, timeout_s=60)
    outcome = await connection.request("GET", url, headers=HEADERS)
    await connection.close()
    assert outcome.breakdown is Breakdown.CERTIFICATE
    assert server.requests == []


async def test_mcs_02_plain_http_to_the_port_fails(raw):
    server, _, url = await raw(OK + b"\r\nhi")
    port = int(url.split(":")[2].split("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /mcs HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"200" not in await reader.read()
    writer.close()
    assert server.requests == []


async def test_a_missing_ca_file_is_an_error_that_names_it(raw, tmp_path):
    _, connection, url = await raw(ca=tmp_path / "gone.crt")
    with pytest.raises(ServerCaUnusableError, match=r"gone\.crt"):
        await connection.request("GET", url, headers=HEADERS)


def test_wrong_ca_is_refused_and_logged(in_virtual_time, documents, tmp_path):
    other = documents.make_pki(tmp_path / "other")

    async def story(lab):
        lab.host.server_ca.write_bytes(other.ca.read_bytes())
        lab.enrolled()
        client = lab.client()
        with pytest.raises(LiveConnectUnreachableError) as caught:
            await client.poll_once()
        await client.stop()
        assert caught.value.is_certificate_refused
        return lab.log, lab.server.calls

    log, calls = in_virtual_time(story)
    assert "ERROR" in log
    assert "Connection::The server's certificate was refused" in log
    assert calls == []


def test_no_https_address_is_said_so(in_virtual_time):
    async def story(lab):
        lab.host.config_file.unlink()
        lab.enrolled()
        client = lab.client()
        with pytest.raises(NoServerConfiguredError):
            await client.poll_once()
        await client.stop()

    in_virtual_time(story)


def test_tls_is_1_2_or_newer(pki):
    from datetime import UTC, datetime

    from foundation.net.tls import client_context

    context = client_context(ca=pki.ca, now=lambda: datetime.now(UTC))
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
