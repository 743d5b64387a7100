"""An appliance that answers oddly: what an export takes from it, and what not."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp import web

from foundation.net.http_server import HttpServer
from foundation.net.tls import server_context
from utm.webadmin_certificate import certificate_files
from utmlab.exporting import Source, SourceRefusedError, SourceUnreachableError, Trust, export

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


class Odd:
    """Answers by path, and counts requests at once and connections."""

    def __init__(self) -> None:
        self.answers = {"/api/status/version": {"utm": "9.7", "restd": "1"}, "/api/nodes": {}}
        self.seen = []
        self.connections = set()
        self.at_once = self.most_at_once = 0
        self.hangs = asyncio.Event()

    async def handle(self, request):
        self.seen.append((request.method, request.path))
        self.connections.add(request.transport.get_extra_info("peername"))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        answer = self.answers.get(request.path)
        if answer is None:
            return web.json_response([], status=404)
        if answer == "hang":
            await self.hangs.wait()
        if isinstance(answer, web.Response):
            return answer
        return web.json_response(answer)


@pytest.fixture
async def odd(tmp_path):
    """Return the appliance and what makes a source of it."""
    appliance = Odd()
    certificate, key = certificate_files(tmp_path / "tls", host_name="utm", now=lambda: AT)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", appliance.handle)
    tls = server_context(certificate=certificate, key=key, now=lambda: AT)
    server = HttpServer(app, name="odd", port=0, ssl_context=tls)
    await server.start()
    url = f"https://localhost:{server.port}"

    def source(**limits):
        return Source(url=url, token="t" * 32, trust=Trust(is_checked=False), **limits)

    yield appliance, source
    appliance.hangs.set()
    await server.stop()


async def test_it_is_one_connection_one_request_at_a_time_and_get_only(odd, tmp_path):
    appliance, source = odd
    told = []

    await export(
        source(), tmp_path / "d", now=lambda: AT, progress=lambda *each: told.append(each[:2])
    )

    assert {method for method, _ in appliance.seen} == {"GET"}
    assert (len(appliance.connections), appliance.most_at_once) == (1, 1)
    done, total = zip(*told, strict=True)
    assert done == tuple(range(total[0] + 1))


async def test_types_that_the_definitions_name_are_fetched_too(odd, tmp_path):
    appliance, source = odd
    found = {"_ref": "REF_X", "_type": "http/brand_new", "name": "x", "api_token": "hush-hush"}
    appliance.answers["/api/definitions/http"] = {"paths": {"/objects/http/brand_new/": {}}}
    appliance.answers["/api/objects/http/brand_new/"] = [found]

    done = await export(source(), tmp_path / "d", now=lambda: AT)

    assert done.objects == {"http/brand_new": 1}
    assert done.left_out == {"http/brand_new.api_token"}
    assert "hush-hush" not in (tmp_path / "d/objects/http/brand_new.json").read_text()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (web.Response(status=302, headers={"Location": "https://elsewhere.example/"}), "302"),
        (web.Response(status=403), "not allowed"),
        (web.Response(text="<html>"), "no JSON"),
        (web.Response(body=b"[" * 100_000), "no JSON"),
        ([1], "no map"),
    ],
    ids=["redirect", "forbidden", "page", "deep", "list"],
)
async def test_what_is_no_answer_is_refused_and_nothing_is_written(odd, tmp_path, answer, why):
    appliance, source = odd
    appliance.answers["/api/nodes"] = answer

    with pytest.raises(SourceRefusedError, match=why):
        await export(source(), tmp_path / "d", now=lambda: AT)

    assert [path.name for path in tmp_path.iterdir()] == ["tls"]


async def test_an_answer_without_end_is_cut(odd, tmp_path):
    appliance, source = odd
    appliance.answers["/api/nodes"] = {"epp.city": "x" * 100_000}

    with pytest.raises(SourceRefusedError, match="more than 1000 bytes"):
        await export(source(most_bytes=1000), tmp_path / "d", now=lambda: AT)


async def test_an_answer_that_does_not_come_is_not_waited_for_for_ever(odd, tmp_path):
    appliance, source = odd
    appliance.answers["/api/status/version"] = "hang"

    with pytest.raises(SourceUnreachableError, match="not answered within"):
        await export(source(timeout_s=0.2), tmp_path / "d", now=lambda: AT)


async def test_who_is_not_there_is_told(tmp_path):
    with pytest.raises(SourceUnreachableError):
        await export(Source(url="https://127.0.0.1:1", token="t"), tmp_path / "d", now=lambda: AT)


def test_the_token_is_in_no_picture_of_a_source():
    assert "secret-token" not in repr(Source(url="https://localhost:1", token="secret-token"))
