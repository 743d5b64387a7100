"""`/healthz`, `/readyz` and `/metrics`, read by Prometheus' own parser."""

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from foundation.net.http_server import HttpServer
from foundation.net.observing import add_observing
from foundation.observation import (
    Observation,
    counter,
    gauge,
    joined,
    labelled,
    read_observation,
)

SEEN = Observation(
    {"store": "", "listeners": ""},
    (
        gauge("lab_waiting", "Things that wait.", 3),
        counter("lab_answers", "Answers.", 7),
        labelled("lab_refusals", "counter", "Refusals.", "reason", {'a "quoted"\n one': 2}),
    ),
)


@pytest.fixture
async def ask():
    app, told = web.Application(), [SEEN]

    async def observe():
        return told[-1]

    add_observing(app, observe)
    server = HttpServer(app, name="observed")
    await server.start()

    async def get(path, seen=SEEN):
        told.append(seen)
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{server.port}{path}") as answer,
        ):
            return answer.status, await answer.text()

    yield get
    await server.stop()


async def test_healthz_answers_while_the_process_does(ask):
    assert await ask("/healthz", Observation({"store": "gone"})) == (200, "ok\n")


async def test_readyz_is_200_when_every_check_is_well(ask):
    status, text = await ask("/readyz")
    assert status == 200
    assert '"ready": true' in text


async def test_readyz_is_503_and_says_why(ask):
    status, text = await ask("/readyz", Observation({"store": "the disk is gone"}))
    assert status == 503
    assert "the disk is gone" in text


async def test_metrics_are_read_by_prometheus_itself(ask):
    status, text = await ask("/metrics")
    families = {one.name: one for one in text_string_to_metric_families(text)}
    assert status == 200
    assert families["lab_waiting"].type == "gauge"
    assert families["lab_waiting"].samples[0].value == 3
    assert families["lab_answers"].samples[0].name == "lab_answers_total"
    (refused,) = families["lab_refusals"].samples
    assert (refused.labels, refused.value) == ({"reason": 'a "quoted"\n one'}, 2)
    assert "process_resident_memory_bytes" in families


def test_an_observation_travels_as_json_values():
    assert read_observation(SEEN.as_record()) == SEEN


def test_services_are_joined_under_their_names():
    both = joined({"utm": Observation({"database": "gone"}), "liveconnect": SEEN})
    assert both.checks["utm.database"] == "gone"
    assert both.checks["liveconnect.store"] == ""
    assert both.metrics == SEEN.metrics
    assert not both.is_ready
