"""What a client sees below the documents: TLS, keep-alive, Content-Length, and curl as a peer."""

import asyncio
import base64
import ssl

import aiohttp
import pytest

from foundation.protocol import paths


async def curl(*arguments):
    process = await asyncio.create_subprocess_exec(
        "curl", "-sS", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_mcs_02_plain_http_to_the_port_fails(lab):
    code, out, _ = await curl(f"http://127.0.0.1:{lab.service.mcs_port}/")
    assert code != 0
    assert out == ""


async def test_mcs_02_without_our_ca_there_is_no_connection(lab):
    code, _, err = await curl(lab.service.mcs_url)
    assert code == 60
    assert "certificate" in err
    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        async with aiohttp.ClientSession() as session:
            await session.get(lab.service.mcs_url)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_the_base_answers_200_without_authorization(lab, host):
    url = lab.service.mcs_url.replace("localhost", host)
    for each in (url, url + "/"):
        code, out, err = await curl("-i", "--cacert", str(lab.service.ca_file), each)
        assert code == 0, err
        assert "HTTP/1.1 200" in out
        assert "content-length: 0" in out.lower()


async def test_a_person_can_enrol_with_curl(lab, tmp_path, make_computer):
    utm = await lab.utm()
    status = tmp_path / "status.xml"
    status.write_bytes(make_computer("curl", lab.clock()))
    code, out, err = await curl(
        "--cacert",
        str(lab.service.ca_file),
        "-u",
        f"::{utm.registration.registration_token}",
        "-H",
        "Content-Type: application/xml; charset=utf-8",
        "--data-binary",
        f"@{status}",
        lab.service.mcs_url + "/register",
    )
    assert code == 0, err
    endpoint_id, _, password = base64.b64decode(out).decode().partition(":")
    url = lab.service.mcs_url + paths.commands(["APPSPROXY", "MCS"], endpoint_id)
    _, out, _ = await curl(
        "--cacert", str(lab.service.ca_file), "-u", f"{endpoint_id}:{password}", url
    )
    assert "<ns:commands" in out
    assert "policyAssignment" in out


async def test_one_connection_serves_every_call_and_each_answer_has_its_length(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    context = ssl.create_default_context(cafile=str(lab.service.ca_file))
    context.verify_flags |= 0x200000  # the lab's clock stands still; certificates follow it
    reader, writer = await asyncio.open_connection("localhost", lab.service.mcs_port, ssl=context)
    base = "/sophos/management/ep"
    calls = [
        ("GET", base, 200),
        ("GET", base + paths.commands(["MCS"], endpoint.endpoint_id), 200),
        ("DELETE", base + paths.command_ack(endpoint.endpoint_id, ["1", "2"]), 200),
        ("GET", base + paths.policy("SWC", "unknown"), 404),
        ("GET", base + paths.flags(endpoint.endpoint_id), 200),
        ("POST", base + paths.authenticate(endpoint.endpoint_id), 200),
        ("PUT", base + paths.statuses(endpoint.endpoint_id), 400),
        ("GET", base + paths.commands(["MCS"], endpoint.endpoint_id), 200),
    ]
    for method, path, expected in calls:
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: identity\r\n"
            f"Content-Length: 0\r\nAuthorization: {endpoint.basic}\r\n\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert f" {expected} " in head.splitlines()[0], path
        assert "connection: close" not in head
        lengths = [line for line in head.splitlines() if line.startswith("content-length:")]
        assert len(lengths) == 1
        await reader.readexactly(int(lengths[0].split(":")[1]))
    writer.close()


@pytest.mark.parametrize("base", ["/mcs", "", "/a/b/"])
async def test_the_base_path_is_configurable(lab, base):
    await lab.restart(base_path=base)
    endpoint = await lab.enrolled(await lab.utm())
    assert await endpoint.poll() != ()
    assert (await endpoint.request("GET", "")).status == 200


async def test_nothing_else_answers(lab):
    endpoint = await lab.enrolled(await lab.utm())
    assert (await endpoint.call("GET", "/nowhere")).status == 404


async def test_a_command_path_with_an_encoded_semicolon_is_understood(lab):
    endpoint = await lab.enrolled(await lab.utm())
    path = f"/commands/applications/APPSPROXY%3BMCS/endpoint/{endpoint.endpoint_id}"
    from yarl import URL

    async with endpoint.session.get(
        URL(endpoint.url + path, encoded=True), headers={"Authorization": endpoint.basic}
    ) as answer:
        assert b"policyAssignment" in await answer.read()
