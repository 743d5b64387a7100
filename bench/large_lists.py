"""A policy that lists a million sites, from the edit on the UTM to LiveConnect's store.

- UTM and LiveConnect run in this process with their own sockets; CPU time is all threads of both.
- A change of one rule is measured after the list is there; the bytes are those that the UTM wrote
  to the link, counted by a relay between the two, TLS included.
- The floor is hashing and copying the bytes of the policy document once.
"""

import asyncio
import hashlib
import sqlite3
import tempfile
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measured import own_cpu_s
from bench.result import Result
from foundation.present import utc_now
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig
from utm.app import Utm
from utm.config import UtmConfig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SITES = 1_000_000
WAIT_S = 600
_EXCEPTION = {
    "op": "create",
    "class": "http",
    "type": "exception",
    "attributes": {
        "name": "Free",
        "status": True,
        "domains": ["^https?://site-1\\.example/"],
        "skiplist": ["url_filter"],
    },
}


async def run() -> tuple[Result, ...]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        async with _registered(Path(name)) as (database, utm, relay):
            first = await _edit(utm, relay, *_policy(SITES))
            change = await _edit(utm, relay, _EXCEPTION)
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as stored:
            kept = _stored(stored)
    floor = _floor(kept["document"])
    mib = 1 / 2**20
    return (
        *_beside("large list, CPU of the first edit", first[0], floor),
        *_beside("large list, CPU of one rule", change[0], floor),
        Result(
            name="large list, document", value=round(len(kept["document"]) * mib, 1), unit="MiB"
        ),
        Result(name="large list, sent for one rule", value=round(change[1] * mib, 3), unit="MiB"),
        Result(
            name="large list, stored", value=round(kept["bytes"] * mib, 1), unit="MiB, 2 revisions"
        ),
    )


class _Relay:
    """Passes bytes on to a port and counts those of the UTM."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self.sent = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        there, here = await asyncio.open_connection("127.0.0.1", self._to_port)
        with suppress(ConnectionError):
            await asyncio.gather(
                self._pass(reader, here, is_counted=True),
                self._pass(there, writer, is_counted=False),
            )

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_counted: bool
    ) -> None:
        while data := await reader.read(1 << 18):
            self.sent += len(data) if is_counted else 0
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def _registered(folder: Path) -> "AsyncIterator[tuple[Path, Utm, _Relay]]":
    config = LiveConnectConfig(data=folder / "broker", mcs_port=0, link_port=0)
    broker = LiveConnect(config, now=utc_now)
    await broker.start()
    relay = _Relay(broker.link_port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    utm = Utm(
        UtmConfig(
            data=folder / "utm",
            logs=folder / "logs",
            liveconnect_url=f"https://localhost:{port}",
            liveconnect_ca=config.ca_file,
        ),
        now=utc_now,
    )
    await utm.start()
    try:
        await utm.verbs["enable"]()
        yield config.database_file, utm, relay
    finally:
        await utm.stop()
        server.close()
        await broker.stop()


async def _edit(utm: Utm, relay: _Relay, *operations: dict[str, Any]) -> tuple[float, int]:
    """Make a change; return CPU seconds and bytes sent until it was committed."""
    cpu_s, sent = own_cpu_s(), relay.sent
    done = await utm.verbs["edit"](operations=operations, summary="bench")
    async with asyncio.timeout(WAIT_S):
        while not (await utm.verbs["changeset"](number=done["changeset"]))["committed_at"]:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.1)
    return own_cpu_s() - cpu_s, relay.sent - sent


def _policy(count: int) -> tuple[dict[str, Any], ...]:
    sites = [f"site-{number}.example" for number in range(count)]
    listed = {"name": "Sites", "mode": "Domain", "domain": sites}
    action = {"name": "A", "mode": "allow", "url_blacklist": ["$sites"]}
    profile = {
        "name": "P",
        "status": True,
        "endpoints_groups": ["REF_EppEndDefault"],
        "default_cff_action": "$action",
    }
    create = {"op": "create", "class": "http"}
    return (
        {**create, "type": "domain_regex", "attributes": listed, "as": "sites"},
        {**create, "type": "cff_action", "attributes": action, "as": "action"},
        {**create, "type": "profile", "attributes": profile},
        {"op": "change", "ref": "REF_EppEndDefault", "attributes": {"web_control": True}},
    )


def _stored(database: sqlite3.Connection) -> dict[str, Any]:
    names = database.execute(
        "SELECT fragments FROM policies WHERE app_id = 'SWC' ORDER BY length(fragments) DESC"
    ).fetchone()[0]
    piece = "SELECT body FROM fragments WHERE app_id = 'SWC' AND fragment_id = ?"
    document = b"".join(database.execute(piece, [each]).fetchone()[0] for each in names.split())
    sizes = (
        database.execute(f"SELECT sum(length(body)) FROM {table}").fetchone()[0] or 0
        for table in ("policies", "fragments", "parts")
    )
    return {"document": document, "bytes": sum(sizes)}


def _floor(document: bytes) -> float:
    begin = own_cpu_s()
    for _ in range(5):
        hashlib.sha256(bytes(bytearray(document))).digest()
    return (own_cpu_s() - begin) / 5


def _beside(name: str, ours: float, floor: float) -> tuple[Result, ...]:
    return (
        Result(
            name=name,
            value=round(ours, 2),
            unit="CPU s, UTM and LiveConnect",
            peer="hashing and copying the document",
            peer_value=round(floor, 4),
            ratio=round(ours / floor, 1),
        ),
    )
