"""Faults on the wire, as a raw client meets them."""

import asyncio
from contextlib import suppress

import aiohttp
import pytest

from foundation.faults import Fault, Hop, Target, read_effect
from foundation.protocol import paths
from foundation.protocol.names import REGISTERED_APPS

GUARD_S = 60
TRIES = 2
"""The client tries once more when a connection that it had kept is gone."""
BROKEN = (aiohttp.ClientError, OSError)


@pytest.fixture
async def utm(lab):
    return await lab.utm()


@pytest.fixture
async def endpoint(lab, utm):
    return await lab.enrolled(utm)


def inject(lab, text, *, hop=Hop.MCS, calls=(), endpoints=(), tenant="", times=None):
    effect, value, variant = read_effect(hop, text)
    target = Target(calls=frozenset(calls), endpoints=frozenset(endpoints), tenant=tenant)
    fault = Fault(hop=hop, effect=effect, value=value, variant=variant, target=target, times=times)
    return lab.service.faults.set(fault)


async def poll(endpoint):
    async with asyncio.timeout(GUARD_S):
        return await endpoint.call("GET", paths.commands(REGISTERED_APPS, endpoint.endpoint_id))


@pytest.mark.parametrize("status", [400, 403, 404, 410, 413, 429, 500, 502, 503, 504])
async def test_any_status_is_answered_once_and_then_as_before(lab, endpoint, status):
    inject(lab, f"status={status}", calls=["poll"], times=1)
    assert (await poll(endpoint)).status == status
    assert (await poll(endpoint)).status == 200


async def test_401_is_with_the_register_realm_or_without(lab, endpoint):
    inject(lab, "status=401-register", times=1)
    assert (await poll(endpoint)).headers["WWW-Authenticate"] == 'Basic realm="register"'
    inject(lab, "status=401", times=1)
    assert "WWW-Authenticate" not in (await poll(endpoint)).headers


async def test_429_says_when_to_come_again(lab, endpoint):
    inject(lab, "status=429-60", times=1)
    assert (await poll(endpoint)).headers["Retry-After"] == "60"


@pytest.mark.parametrize("effect", ["reset", "truncated", "lost"])
async def test_a_connection_ends_in_the_middle(lab, endpoint, effect):
    inject(lab, effect, times=TRIES)
    with pytest.raises(BROKEN):
        await poll(endpoint)
    lab.service.faults.clear()
    assert (await poll(endpoint)).status == 200


async def test_a_lost_answer_has_been_carried_out(lab, endpoint):
    (command,) = await endpoint.poll()
    inject(lab, "lost", calls=["ack"], times=TRIES)
    with pytest.raises(BROKEN):
        await endpoint.acknowledge(command.id)
    assert await endpoint.poll() == ()


async def test_a_lost_answer_stands_in_the_journal_as_it_was(lab, endpoint):
    await lab.service.verbs["remove_endpoint"](endpoint.endpoint_id)
    inject(lab, "lost", calls=["poll"], times=TRIES)
    with pytest.raises(BROKEN):
        await poll(endpoint)
    lost = [one for one in lab.service.journal.entries() if one.injected]
    assert {one.status for one in lost} == {401}


async def test_an_injected_status_has_changed_nothing(lab, endpoint):
    (command,) = await endpoint.poll()
    inject(lab, "status=500", calls=["ack"], times=1)
    path = paths.command_ack(endpoint.endpoint_id, [command.id])
    assert (await endpoint.call("DELETE", path)).status == 500
    assert [each.id for each in await endpoint.poll()] == [command.id]


@pytest.mark.parametrize(
    ("effect", "status", "begins"),
    [("empty", 200, b""), ("garbage", 200, b"\x00\x01"), ("portal", 302, b"<!doctype")],
)
async def test_bodies_are_empty_or_garbage_or_a_portal(lab, endpoint, effect, status, begins):
    inject(lab, effect, times=1)
    answer = await poll(endpoint)
    assert answer.status == status
    assert answer.body.startswith(begins)
    assert bool(answer.body) == bool(begins)


async def test_a_slow_body_is_whole_in_the_end(lab, endpoint):
    whole = (await poll(endpoint)).body
    inject(lab, "slow=0.2", times=1)
    assert (await poll(endpoint)).body == whole


async def test_a_hang_ends_when_it_is_cleared(lab, endpoint):
    number = inject(lab, "hang")
    waiting = asyncio.create_task(poll(endpoint))
    async with asyncio.timeout(GUARD_S):
        while not lab.service.faults.active()[0].happened:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not waiting.done()
    lab.service.faults.clear(number)
    with suppress(*BROKEN):  # or the client's own second try has succeeded
        assert (await waiting).status == 200


async def test_a_stale_cookie_leads_to_a_new_registration(lab, endpoint):
    inject(lab, "stale_cookie", calls=["poll"])
    first = await endpoint.call("GET", paths.commands(REGISTERED_APPS, endpoint.endpoint_id))
    cookie = first.headers["Set-Cookie"].partition(";")[0]
    path = paths.commands(REGISTERED_APPS, endpoint.endpoint_id)
    again = await endpoint.call("GET", path, Cookie=cookie)
    assert (again.status, again.headers["WWW-Authenticate"]) == (401, 'Basic realm="register"')


async def test_access_tokens_are_bare_or_short(lab, endpoint):
    path = paths.authenticate(endpoint.endpoint_id)
    inject(lab, "jwt_bare", calls=["authenticate"], times=1)
    assert "device_id" not in (await endpoint.call("POST", path)).json()
    inject(lab, "jwt_short=60", calls=["authenticate"], times=1)
    assert (await endpoint.call("POST", path)).json()["expires_in"] == 60


async def test_registration_is_refused(lab, utm):
    inject(lab, "status=401", calls=["register"], times=1)
    stranger = await lab.endpoint()
    token = utm.registration.registration_token
    assert (await stranger.try_register(token)).status == 401
    assert (await stranger.try_register(token)).status == 200


async def test_a_fault_of_one_endpoint_or_tenant_is_nobody_elses(lab, utm, endpoint):
    other = await lab.enrolled(await lab.utm(organization="Other"))
    inject(lab, "status=503", endpoints=[endpoint.endpoint_id])
    assert [(await poll(endpoint)).status, (await poll(other)).status] == [503, 200]
    lab.service.faults.clear()
    inject(lab, "status=503", tenant=utm.registration.utm_id)
    assert [(await poll(endpoint)).status, (await poll(other)).status] == [503, 200]


async def test_the_link_and_the_content_have_faults_of_their_own(lab, utm, endpoint):
    inject(lab, "status=503", hop=Hop.LINK, calls=["endpoints"], times=1)
    assert (await utm.request("GET", "/link/v1/endpoints")).status == 503
    inject(lab, "status=404", hop=Hop.CONTENT, times=1)
    root = lab.service.software_url.removesuffix("/software")
    async with endpoint.session.get(f"{root}/software/x/y.json") as answer:
        assert answer.status == 404
    assert lab.service.faults.active() == ()
    assert (await poll(endpoint)).status == 200


async def test_a_full_disk_acknowledges_nothing(lab, endpoint):
    (command,) = await endpoint.poll()
    inject(lab, "full", hop=Hop.DISK)
    path = paths.command_ack(endpoint.endpoint_id, [command.id])
    answer = await endpoint.call("DELETE", path)
    assert (answer.status, answer.reason) == (500, "disk_full")
    lab.service.faults.clear()
    await endpoint.acknowledge(command.id)


async def test_the_journal_marks_what_was_injected(lab, utm, endpoint):
    await lab.restart(journal=True)
    endpoint.url = lab.service.mcs_url
    inject(lab, "status=503", times=1)
    await poll(endpoint)
    await poll(endpoint)
    marks = [one.injected for one in lab.service.journal.entries()]
    assert marks[-2:] == ["1 status", ""]
