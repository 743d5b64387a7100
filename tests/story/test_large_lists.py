"""Large lists travel once: changing one rule sends a little, counted on the wire."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from foundation.durable.database import open_for_reading
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig
from utm.app import Utm
from utm.config import UtmConfig

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SITES = [f"site-{number}.example" for number in range(40_000)]


class Relay:
    """Passes bytes on to a port and counts them."""

    def __init__(self, port):
        self.to_port, self.sent, self.moved = port, 0, asyncio.Event()
        self._writers = []

    async def serve(self, reader, writer):
        there, here = await asyncio.open_connection("127.0.0.1", self.to_port)
        self._writers += [writer, here]
        with suppress(ConnectionError):
            await asyncio.gather(self._pass(reader, here, True), self._pass(there, writer, False))

    async def _pass(self, reader, writer, is_counted):
        while data := await reader.read(65_536):
            self.sent += len(data) if is_counted else 0
            self.moved.set()
            writer.write(data)
            await writer.drain()
        writer.close()

    def close(self):
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def registered(tmp_path):
    """A LiveConnect and a registered UTM whose link is counted."""
    config = LiveConnectConfig(
        data=tmp_path / "broker", mcs_port=0, link_port=0, fragment_above=200_000
    )
    broker = LiveConnect(config, now=lambda: AT)
    await broker.start()
    relay = Relay(broker.link_port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    utm = Utm(
        UtmConfig(
            data=tmp_path / "utm",
            logs=tmp_path / "logs",
            liveconnect_url=f"https://localhost:{server.sockets[0].getsockname()[1]}",
            liveconnect_ca=config.ca_file,
        ),
        now=lambda: AT,
    )
    await utm.start()
    try:
        await utm.verbs["enable"]()
        yield config.database_file, utm, relay
    finally:
        await utm.stop()
        server.close()
        relay.close()
        await broker.stop()


async def committed(utm, relay, number):
    async with asyncio.timeout(60):
        while not (await utm.verbs["changeset"](number=number))["committed_at"]:
            relay.moved.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await relay.moved.wait()


async def edit(utm, relay, *operations):
    """Make a change; return how many bytes the UTM sent until it was committed."""
    before = relay.sent
    done = await utm.verbs["edit"](operations=operations, summary="test")
    await committed(utm, relay, done["changeset"])
    return relay.sent - before


def large_policy():
    return (
        {
            "op": "create",
            "class": "http",
            "type": "domain_regex",
            "attributes": {"name": "Sites", "mode": "Domain", "domain": SITES},
            "as": "sites",
        },
        {
            "op": "create",
            "class": "http",
            "type": "cff_action",
            "attributes": {"name": "A", "mode": "allow", "url_blacklist": ["$sites"]},
            "as": "action",
        },
        {
            "op": "create",
            "class": "http",
            "type": "profile",
            "attributes": {
                "name": "P",
                "status": True,
                "endpoints_groups": ["REF_EppEndDefault"],
                "default_cff_action": "$action",
            },
        },
        {"op": "change", "ref": "REF_EppEndDefault", "attributes": {"web_control": True}},
    )


def stored(path, query):
    database = open_for_reading(path)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def fragments(database):
    """Name and size of the pieces that endpoints fetch for the newest policy."""
    query = (
        "SELECT fragment_id, length(body) FROM fragments WHERE app_id = 'SWC' AND policy_id ="
        " (SELECT policy_id FROM group_policies WHERE app_id = 'SWC')"
    )
    return dict(stored(database, query))


async def test_changing_one_rule_does_not_send_the_list_again(tmp_path):
    exception = {
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
    async with registered(tmp_path) as (database, utm, relay):
        first = await edit(utm, relay, *large_policy())
        old = fragments(database)
        second = await edit(utm, relay, exception)
        new = fragments(database)
        held = {digest for (digest,) in stored(database, "SELECT digest FROM parts")}
        view = utm.config.data / "utm.db"
        kept = {digest for (digest,) in stored(view, "SELECT digest FROM epsecd_parts")}

    assert first > sum(map(len, SITES))  # the list itself went
    assert second < first / 5  # one rule: a piece or two
    # Endpoints get it in the same pieces, most of them the ones that they hold.
    assert sum(size for name, size in new.items() if name not in old) < sum(new.values()) / 5
    assert held == set(new)
    assert set(old) | set(new) == kept


async def test_the_utm_gives_up_parts_that_no_kept_changeset_names(tmp_path):
    async with registered(tmp_path) as (_broker, utm, relay):
        await edit(utm, relay, *large_policy())
        assert stored(tmp_path / "utm" / "utm.db", "SELECT 1 FROM epsecd_parts")
        off = {"op": "change", "ref": "REF_EppEndDefault", "attributes": {"web_control": False}}
        await edit(utm, relay, off)
        for number in range(10):
            await edit(
                utm,
                relay,
                {"op": "node", "key": "http.proceed_cache_timeout", "value": 100 + number},
            )
        assert stored(tmp_path / "utm" / "utm.db", "SELECT 1 FROM epsecd_parts") == []
        assert stored(tmp_path / "broker" / "liveconnect.db", "SELECT 1 FROM parts") == []
