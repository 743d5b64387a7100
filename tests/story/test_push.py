"""Push: what waits is fetched at once, and without push everything goes on as before."""

import asyncio
import base64

import pytest

from tests.endpoint.mcs_client.connect_proxy import PASSWORD, USER, Proxy
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

LONG_S = 3600.0
GUARD_S = 60.0


def settings(**more):
    return LabSettings(ports=Ports(), poll_interval_s=LONG_S, push=True, **more)


async def until(lab, verb, is_so, **arguments):
    """Ask LiveConnect until its answer is as wanted; return it."""
    async with asyncio.timeout(GUARD_S):
        while not is_so(answer := await lab.call("liveconnect", verb, **arguments)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return answer


async def connected(lab):
    """Return the id of the one endpoint, once its push channel is up."""
    (endpoint,) = await until(lab, "endpoints", lambda found: found[0]["push"])
    return endpoint["endpoint_id"]


@pytest.fixture
async def lab(tmp_path):
    async with Stack(Places.of(tmp_path / "lab"), settings()) as stack:
        await stack.call("utm", "enable")
        await stack.call("utm", "edit", operations=[WEB_CONTROL], summary="web control on")
        await stack.install("PC-01")
        await stack.wait_compliant()
        await connected(stack)
        yield stack


WEB_CONTROL = {
    "op": "change",
    "ref": "REF_EppEndDefault",
    "attributes": {"web_control": True},
}


async def test_a_change_is_enforced_long_before_the_next_poll(lab):
    assert (await lab.browse("PC-01", "http://news.example/")).status == 200
    done = await lab.call("utm", "policy_block", host="news.example")
    await lab.wait_compliant(done["changeset"])
    assert (await lab.browse("PC-01", "http://news.example/")).status == 403
    hops = (await lab.call("liveconnect", "timeline"))["hops"]
    assert {hop["delivered_by"] for hop in hops} == {"push"}


async def test_a_dropped_stream_is_opened_again_and_nothing_is_missed(lab):
    identity = await connected(lab)
    await lab.call("liveconnect", "push", endpoint_id=identity, what="drop")
    done = await lab.call("utm", "policy_block", host="news.example")
    await lab.wait_compliant(done["changeset"])
    await connected(lab)


async def test_whole_commands_are_done_and_acknowledged(lab):
    identity = await connected(lab)
    await lab.call(
        "liveconnect",
        "send_command",
        endpoint_id=identity,
        app_id="ALC",
        body="<action type='sophos.mgt.action.ALCForceUpdate'/>",
    )
    await lab.call("liveconnect", "push", endpoint_id=identity, what="commands")
    await until(lab, "endpoints", lambda found: not found[0]["commands_waiting"])


async def test_a_clone_challenge_is_answered_with_a_random_id(lab):
    identity = await connected(lab)
    await lab.call("liveconnect", "push", endpoint_id=identity, what="clone_challenge")
    said = await until(lab, "responses", bool, endpoint_id=identity)
    assert "dedup_id" in said[0]["body"]


async def test_after_clone_detected_the_client_polls_as_without_push(lab):
    identity = await connected(lab)
    await lab.call("liveconnect", "push", endpoint_id=identity, what="clone_detected")
    await until(lab, "endpoints", lambda found: not found[0]["push"])


async def test_push_between_real_processes(tmp_path):
    async with Stack(Places.of(tmp_path / "lab"), settings(mode="processes")) as stack:
        await stack.call("utm", "enable")
        await stack.call("utm", "edit", operations=[WEB_CONTROL], summary="web control on")
        await stack.install("PC-01")
        await connected(stack)
        done = await stack.call("utm", "policy_block", host="news.example")
        await stack.wait_compliant(done["changeset"])
        assert (await stack.browse("PC-01", "http://news.example/")).status == 403


async def test_a_change_of_ways_takes_push_to_the_proxy_too(lab):
    async with Proxy("Digest").running() as proxy:
        encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        ways = {
            "proxies": [f"http://127.0.0.1:{proxy.port}"],
            "proxy_credentials": [encoded],
            "use_direct": False,
        }
        await lab.call("liveconnect", "ways_replace", ways=ways)
        await until(lab, "endpoints", lambda found: found[0]["push"] and proxy.tunnels >= 2)
        done = await lab.call("utm", "policy_block", host="news.example")
        await lab.wait_compliant(done["changeset"])
        assert (await lab.browse("PC-01", "http://news.example/")).status == 403
