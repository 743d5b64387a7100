"""The servers that are measured, each run as a process of its own: `python -m bench.server KIND`.

- `static`: the peer: an aiohttp application whose routes answer fixed bytes.
- `liveconnect`: ours alone. `houses`: LiveConnect and a UTM that is registered with it.
- All run on uvloop and speak TLS 1.3 with the same key and certificate.
"""

import argparse
import asyncio
import ssl
from pathlib import Path

import uvloop
from aiohttp import web

from bench.measured import answer_usage
from bench.tenant import enabled_utm, token_of
from foundation.allocator import map_large_blocks_apart
from foundation.service import utc_now
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig
from liveconnect.pki import CertificateAuthority

LONGEST_BODY = 5_000_000
KEEP_ALIVE_S = 3600.0


async def serve_static(data: Path, size: int) -> None:
    """Answer everything with `size` bytes; a body that is sent is read."""
    body = b"x" * size

    async def fixed(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/xml")

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, content_type="application/xml")

    app = web.Application(client_max_size=LONGEST_BODY)
    app.router.add_get("/static", fixed)
    app.router.add_post("/static", take)
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, keepalive_timeout=KEEP_ALIVE_S
    )
    await runner.setup()
    certificate, key = CertificateAuthority(data / "pki", now=utc_now).server_files("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        await answer_usage(mcs_port=runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def serve_liveconnect(data: Path) -> None:
    """Run LiveConnect as `python -m liveconnect` does."""
    service = LiveConnect(LiveConnectConfig(data=data, mcs_port=0, link_port=0))
    await service.start()
    try:
        await answer_usage(**_places(service))
    finally:
        await service.stop()


async def serve_houses(data: Path) -> None:
    """Run LiveConnect and a UTM together, Endpoint Protection on."""
    service = LiveConnect(LiveConnectConfig(data=data / "lc", mcs_port=0, link_port=0))
    await service.start()
    try:
        async with enabled_utm(service, data) as utm:
            token, logs = await token_of(utm), str(utm.config.logs)
            await answer_usage(**_places(service), token=token, logs=logs)
    finally:
        await service.stop()


def _places(service: LiveConnect) -> dict[str, object]:
    ca = str(service.ca_file)
    return {"mcs_port": service.mcs_port, "link_url": service.link_url, "ca": ca}


def main() -> None:
    """Run one server until its standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m bench.server", description=__doc__)
    parser.add_argument("kind", choices=("static", "liveconnect", "houses"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--size", type=int, default=0, help="bytes of a static answer")
    options = parser.parse_args()
    data, kind = options.data, options.kind
    if kind != "static":  # as its users have it: without one buffer for all, it would only cost
        map_large_blocks_apart()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if kind == "static":
            runner.run(serve_static(data, options.size))
        else:
            runner.run(serve_houses(data) if kind == "houses" else serve_liveconnect(data))


if __name__ == "__main__":
    main()
