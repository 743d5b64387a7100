"""Data feeds and their limits, sent by a raw client."""

import tracemalloc
import zlib

import pytest

from foundation.protocol import paths
from foundation.protocol.authorization import encode_bearer
from foundation.protocol.data_feeds import compress
from liveconnect.feed_allowance import FeedLimits

ROWS = '[{"name": "Größe", "value": 1}]'


class Feeder:
    def __init__(self, endpoint, access):
        self.endpoint = endpoint
        self.access = access

    async def send(self, body=None, length=None, feed="scheduled_query", **changes):
        compressed, characters = compress(ROWS)
        headers = {
            "Authorization": encode_bearer(self.access["access_token"]),
            "X-Device-ID": self.access["device_id"],
            "X-Tenant-ID": self.access["tenant_id"],
            "Content-Encoding": "deflate",
            "X-Uncompressed-Content-Length": str(characters if length is None else length),
        }
        headers = {name: text for name, text in {**headers, **changes}.items() if text}
        path = paths.data_feed(self.access["device_id"], feed)
        return await self.endpoint.request(
            "POST", path, compressed if body is None else body, **headers
        )


async def feeder_of(lab, utm, name="laptop"):
    endpoint = await lab.enrolled(utm, name)
    answer = await endpoint.call("POST", paths.authenticate(endpoint.endpoint_id))
    return Feeder(endpoint, answer.json())


@pytest.fixture
async def feeder(lab):
    return await feeder_of(lab, await lab.utm())


async def stored(lab, feeder):
    return await lab.service.verbs["data_feeds"](endpoint_id=feeder.endpoint.endpoint_id)


async def test_a_feed_is_stored_once_and_told(lab, feeder):
    for _ in range(2):
        assert (await feeder.send()).status == 200
    (one,) = await stored(lab, feeder)
    assert (one["feed_id"], one["body"]) == ("scheduled_query", ROWS)


async def test_feeds_of_another_utm_are_not_seen(lab, feeder):
    other = await feeder_of(lab, await lab.utm())
    assert (await feeder.send()).status == 200
    assert await stored(lab, other) == []
    other.access["device_id"] = feeder.access["device_id"]
    assert (await other.send()).status == 403


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"body": b"not zlib"}, "encoding_wrong"),
        ({"body": compress(ROWS)[0][:-3]}, "encoding_wrong"),
        ({"body": compress(ROWS)[0] + b"more"}, "encoding_wrong"),
        ({"body": zlib.compress(b"{")}, "json_malformed"),
        ({"length": 1}, "length_wrong"),
        ({"length": "many"}, "field_missing"),
        ({"Content-Encoding": ""}, "encoding_wrong"),
    ],
)
async def test_a_body_that_is_not_what_it_says_is_refused(lab, feeder, changes, reason):
    answer = await feeder.send(**changes)
    assert (answer.status, answer.reason) == (400, reason)
    assert await stored(lab, feeder) == []


async def test_a_zip_bomb_costs_no_more_than_the_limit(lab, feeder):
    bomb = zlib.compress(b" " * 100_000_000)
    tracemalloc.start()
    answer = await feeder.send(body=bomb)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (answer.status, answer.reason) == (413, "body_too_large")
    assert most < 60_000_000


async def test_a_body_over_the_limit_is_refused_while_it_comes(feeder):
    answer = await feeder.send(body=bytes(10_000_001))
    assert answer.status == 413


@pytest.mark.parametrize("purge", [True, False])
async def test_who_uploads_too_much_is_told_when_to_come_again(lab, feeder, clock, purge):
    await lab.restart(feed_limits=FeedLimits(bytes_per_minute=1, purge=purge))
    feeder.endpoint.url = lab.service.mcs_url
    assert (await feeder.send()).status == 200
    clock.advance(20)
    answer = await feeder.send()
    assert (answer.status, answer.json()) == (429, {"purge": purge})
    assert answer.headers["Retry-After"] == "40"
    clock.advance(40)
    assert (await feeder.send()).status == 200


async def test_old_feeds_are_forgotten(lab, feeder, clock):
    await feeder.send()
    clock.advance(15 * 86_400)
    await lab.service._store.tidy(clock())
    assert await stored(lab, feeder) == []


async def test_a_utm_reads_responses_and_feeds_of_its_own_endpoints_only(lab):
    utm, other = await lab.utm(), await lab.utm()
    feeder = await feeder_of(lab, utm)
    await feeder.send()
    device = feeder.access["device_id"]
    await feeder.endpoint.request(
        "POST",
        paths.response(device, "SAV", "7"),
        b'{"result": 0}',
        Authorization=encode_bearer(feeder.access["access_token"]),
    )
    own = f"/link/v1/endpoints/{feeder.endpoint.endpoint_id}"
    (response,) = (await utm.request("GET", f"{own}/responses")).json()["responses"]
    assert response == {"app_id": "SAV", "command_id": "7", "body": '{"result": 0}'}
    (feed,) = (await utm.request("GET", f"{own}/feeds")).json()["feeds"]
    assert feed["body"] == ROWS
    for what in ("responses", "feeds"):
        assert (await other.request("GET", f"{own}/{what}")).status == 404
