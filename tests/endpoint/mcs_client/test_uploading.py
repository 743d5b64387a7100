"""Responses and data feeds, to a small MCS server, in virtual time."""

import asyncio
import json
import zlib
from datetime import timedelta
from itertools import pairwise

import pytest

from endpoint.answer_spool import FeedSpool, ResponseSpool, StoredResponse
from endpoint.mcs_client.outcome import Answer
from endpoint.mcs_client.upload_reactions import feed_reaction

ROWS = '[{"größe": 1}]'


def spools(lab):
    bell = lab.handover.spool_bell
    return ResponseSpool(lab.host, bell), FeedSpool(lab.host, bell)


def respond(lab, command_id="c-1", age_s=0):
    at = lab.now() - timedelta(seconds=age_s)
    spools(lab)[0].put(StoredResponse("SAV", command_id, '{"result": 0}', at))


def limit(lab, **values):
    lab.host.config_file.parent.mkdir(parents=True, exist_ok=True)
    file = lab.host.config_file.parent / "datafeed-config-rows.json"
    file.write_text(json.dumps(values))


@pytest.fixture
def told(in_virtual_time, documents):
    def run(story):
        async def whole(lab):
            lab.enrolled()
            # With a device id in the policy a token is asked for only when one is wanted.
            lab.handover.store_policy("MCS", 25, documents.mcs())
            async with lab.running():
                await lab.server.until(lambda: len(lab.server.made("GET", "/flags")) == 1)
                await story(lab)

        in_virtual_time(whole)

    return run


def test_a_response_is_posted_as_json_with_the_access_token(told):
    async def story(lab):
        respond(lab)
        await lab.server.until(lambda: bool(lab.server.made("POST", "/v2/responses/")))
        (call,) = lab.server.made("POST", "/v2/responses/")
        assert call.path == "/v2/responses/device/device-1/app_id/SAV/correlation_id/c-1"
        assert json.loads(call.body) == {"result": 0}
        assert call.headers["Content-Type"] == call.headers["Accept"] == "application/json"
        assert call.headers["X-Tenant-ID"] == "tenant-1"
        await asyncio.sleep(60)
        assert spools(lab)[0].waiting() == ()
        assert len(lab.server.made("POST", "/v2/responses/")) == 1

    told(story)


def test_a_response_older_than_300_s_is_dropped_unsent(told):
    async def story(lab):
        respond(lab, age_s=301)
        await asyncio.sleep(10)
        assert spools(lab)[0].waiting() == ()
        assert lab.server.made("POST", "/v2/responses/") == []

    told(story)


@pytest.mark.parametrize(
    ("status", "left"), [(500, 1), (503, 1), (400, 1), (413, 1), (403, 0), (404, 2), (429, 2)]
)
def test_what_becomes_of_responses_that_are_refused(told, status, left):
    async def story(lab):
        lab.server.fail("POST", "/c-1", status, times=9)
        lab.server.fail("POST", "/c-2", 404, times=9)
        respond(lab, "c-1")
        respond(lab, "c-2")
        await lab.server.until(lambda: bool(lab.server.made("POST", "/c-1")))
        await asyncio.sleep(5)
        assert len(spools(lab)[0].waiting()) == left
        polls = len(lab.server.poll_times)
        await asyncio.sleep(60)
        assert len(lab.server.poll_times) == polls + 3

    told(story)


def test_a_response_that_met_trouble_is_tried_until_it_is_too_old(told):
    async def story(lab):
        lab.server.fail("POST", "/v2/responses/", 502, times=99)
        respond(lab)
        await asyncio.sleep(400)
        assert 9 <= len(lab.server.made("POST", "/v2/responses/")) <= 11
        assert spools(lab)[0].waiting() == ()

    told(story)


def test_a_feed_is_a_zlib_stream_with_its_length(told):
    async def story(lab):
        spools(lab)[1].put("rows", ROWS, lab.now())
        await lab.server.until(lambda: bool(lab.server.made("POST", "/v2/data_feed/")))
        (call,) = lab.server.made("POST", "/v2/data_feed/")
        assert call.path == "/v2/data_feed/device/device-1/feed_id/rows"
        assert call.body[:2] == b"\x78\x9c"
        assert zlib.decompress(call.body).decode() == ROWS
        assert call.headers["X-Uncompressed-Content-Length"] == str(len(ROWS))
        assert call.headers["Content-Encoding"] == "deflate"
        assert "Content-Type" not in call.headers
        await asyncio.sleep(1)
        assert spools(lab)[1].waiting() == ()

    told(story)


def test_a_round_keeps_its_limit_and_the_next_comes_five_seconds_later(told):
    async def story(lab):
        limit(lab, max_upload_bytes=2 * len(ROWS.encode()))
        times = []
        for number in range(5):
            spools(lab)[1].put("rows", ROWS, lab.now() + timedelta(seconds=number))
        for expected in (2, 4, 5):
            await lab.server.until(
                lambda expected=expected: len(lab.server.made("POST", "/v2/data_feed/")) == expected
            )
            times.append(asyncio.get_running_loop().time())
        assert [round(later - at) for at, later in pairwise(times)] == [5, 5]

    told(story)


def test_what_is_too_old_too_large_or_too_much_is_dropped(told):
    async def story(lab):
        limit(lab, max_item_size_bytes=100, max_backlog_bytes=160, retention_seconds=60)
        feeds = spools(lab)[1]
        feeds.put("rows", "[1]", lab.now() - timedelta(seconds=61))
        feeds.put("rows", json.dumps(["a" * 200]), lab.now())
        for letter in "bcd":
            feeds.put("rows", json.dumps([letter * 70]), lab.now())
        await asyncio.sleep(10)
        sent = [zlib.decompress(one.body) for one in lab.server.made("POST", "/v2/data_feed/")]
        assert [body[2:3] for body in sent] == [b"c", b"d"]
        assert feeds.waiting() == ()

    told(story)


@pytest.mark.parametrize(("status", "left"), [(413, 0), (403, 0), (401, 2), (500, 2)])
def test_what_becomes_of_a_feed_that_is_refused(told, status, left):
    async def story(lab):
        lab.server.fail("POST", "/v2/data_feed/", status, times=2)
        feeds = spools(lab)[1]
        for _ in range(2):
            feeds.put("rows", ROWS, lab.now())
        await lab.server.until(lambda: bool(lab.server.made("POST", "/v2/data_feed/")))
        await asyncio.sleep(3)
        assert len(feeds.waiting()) == left
        asked = len(lab.server.made("POST", "/authenticate/"))
        await asyncio.sleep(40)
        renewed = len(lab.server.made("POST", "/authenticate/")) > asked
        assert renewed == (status in {401, 403})
        assert feeds.waiting() == ()

    told(story)


@pytest.mark.parametrize(
    ("headers", "body", "purge", "wait_s"),
    [
        ({"retry-after": "17"}, b'{"purge": false}', False, 17),
        ({}, b"", True, 60),
        ({"retry-after": "soon"}, b'{"purge": true}', True, 60),
    ],
)
def test_429_says_whether_to_purge_and_how_long_to_wait(headers, body, purge, wait_s):
    reaction = feed_reaction(Answer(429, headers, body))
    assert (reaction.purge, reaction.wait_s, reaction.stop) == (purge, wait_s, True)


def test_a_feed_waits_as_long_as_retry_after_says(told):
    async def story(lab):
        again = {"Retry-After": "90"}
        lab.server.fail("POST", "/v2/data_feed/", 429, headers=again, body=b'{"purge": false}')
        spools(lab)[1].put("rows", ROWS, lab.now())
        await lab.server.until(lambda: len(lab.server.made("POST", "/v2/data_feed/")) == 1)
        await asyncio.sleep(85)
        assert len(lab.server.made("POST", "/v2/data_feed/")) == 1
        await asyncio.sleep(10)
        assert len(lab.server.made("POST", "/v2/data_feed/")) == 2

    told(story)
