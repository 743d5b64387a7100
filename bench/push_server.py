"""Servers that hold thousands of push streams, each a process of its own: `... push_server KIND`.

- `liveconnect`: ours with push on; a round wakes every endpoint by the verb `push`.
- `held`: the peer: an aiohttp application that holds a response open for whoever asks, and writes
  one line to each.
- Both run on uvloop and speak TLS 1.3 with the same key and certificate; no ping comes between.
- A round is asked for by the line `wake` and answered with the moment at which it began, on the
  clock that all processes of a machine share.
"""

import argparse
import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

from bench.measured import own_cpu_s, own_resident_mib, say, standard_input
from foundation.protocol.push import CONTENT_TYPE, PING, WAKE_UP, encode_event
from foundation.service import utc_now
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig
from liveconnect.pki import CertificateAuthority

NEVER_S = 86_400
LINE = encode_event(WAKE_UP)


async def serve_liveconnect(data: Path) -> None:
    """Run LiveConnect as `python -m liveconnect --push` does."""
    config = LiveConnectConfig(
        data=data, mcs_port=0, link_port=0, push=True, push_ping_timeout_s=NEVER_S
    )
    service = LiveConnect(config)
    await service.start()
    names: list[str] = []

    async def wake() -> None:
        for name in names:
            await service.verbs["push"](name, "wake_up")

    async def look() -> None:
        listed = await service.verbs["endpoints"]()
        names[:] = [one["endpoint_id"] for one in listed if one["push"]]

    try:
        ca = str(service.ca_file)
        ready = {"mcs_port": service.mcs_port, "link_url": service.link_url, "ca": ca}
        await _answer({b"wake\n": wake, b"look\n": look}, ready)
    finally:
        await service.stop()


async def serve_held(data: Path) -> None:
    """Hold every request; a round writes one line to each."""
    held: list[web.StreamResponse] = []

    async def hold(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": CONTENT_TYPE})
        await answer.prepare(request)
        await answer.write(PING)
        held.append(answer)
        await asyncio.Event().wait()
        return answer

    async def wake() -> None:
        for answer in held:
            await answer.write(LINE)

    async def look() -> None:
        """Nothing has to be looked up here."""

    app = web.Application()
    app.router.add_get("/held", hold)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    certificate, key = CertificateAuthority(data / "pki", now=utc_now).server_files("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        ready = {"mcs_port": runner.addresses[0][1]}
        await _answer({b"wake\n": wake, b"look\n": look}, ready)
    finally:
        await runner.cleanup()


async def _answer(orders: dict[bytes, Callable[[], Awaitable[None]]], ready: Any) -> None:
    lines = await standard_input()
    say(ready)
    while line := await lines.readline():
        if line in orders:
            began_s = time.monotonic()
            await orders[line]()
            say({"began_s": began_s})
        else:
            say({"cpu_s": own_cpu_s(), "resident_mib": own_resident_mib()})


def main() -> None:
    """Run one server until its standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m bench.push_server", description=__doc__)
    parser.add_argument("kind", choices=("liveconnect", "held"))
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    serve = serve_held if options.kind == "held" else serve_liveconnect
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options.data))


if __name__ == "__main__":
    main()
