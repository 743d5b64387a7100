"""Commands, acknowledgements, policies and fragments."""

import asyncio
import hashlib

import pytest

from foundation.protocol import paths
from foundation.protocol.commands import decode_fragments
from foundation.protocol.mcs_policy import decode_mcs_policy
from foundation.protocol.policies import is_sealed
from liveconnect.mcs_service.policy_shelf import PolicyShelf

EMPTY = (
    b'<?xml version="1.0"?>\n<ns:commands xmlns:ns="http://www.sophos.com/xml/mcs/commands" '
    b'schemaVersion="1.0"></ns:commands>'
)


async def test_mcs_04_an_empty_poll_has_the_root_without_children(lab):
    endpoint = await lab.enrolled(await lab.utm())
    await endpoint.take_policies()
    answer = await endpoint.call("GET", paths.commands(["MCS"], endpoint.endpoint_id))
    assert answer.body == EMPTY
    assert answer.headers["Content-Length"] == str(len(EMPTY))


async def test_a_poll_makes_no_commit(lab, monkeypatch):
    endpoint = await lab.enrolled(await lab.utm())
    await endpoint.poll()

    def fail(*_arguments):
        raise AssertionError("a poll reached the store")

    monkeypatch.setattr(lab.service._store._writer, "write", fail)
    monkeypatch.setattr(lab.service._store._writer, "read", fail)
    monkeypatch.setattr("liveconnect.roster.encode_commands", fail)
    assert len(await endpoint.poll()) == 1


async def test_commands_come_back_until_they_are_acknowledged(lab):
    endpoint = await lab.enrolled(await lab.utm())
    first = await endpoint.poll()
    assert await endpoint.poll() == first
    await endpoint.acknowledge(first[0].id)
    assert await endpoint.poll() == ()
    await endpoint.acknowledge(first[0].id)


async def send(lab, endpoint, app_id="ALC", body="<action/>"):
    answer = await lab.service.verbs["send_command"](
        endpoint_id=endpoint.endpoint_id, app_id=app_id, body=body
    )
    return answer["command_id"]


@pytest.mark.parametrize("method", ["DELETE", "GET"])
async def test_several_commands_are_acknowledged_in_one_call(lab, method):
    endpoint = await lab.enrolled(await lab.utm())
    await endpoint.take_policies()
    ids = [await send(lab, endpoint), await send(lab, endpoint)]
    assert [command.id for command in await endpoint.poll()] == ids
    path = paths.command_ack(endpoint.endpoint_id, ids)
    assert ";" in path
    assert (await endpoint.call(method, path)).status == 200
    assert await endpoint.poll() == ()


async def test_an_acknowledgement_touches_no_other_endpoint(lab):
    utm = await lab.utm()
    one, two = await lab.enrolled(utm), await lab.enrolled(utm)
    (command,) = await two.poll()
    await one.acknowledge(command.id)
    assert await two.poll() == (command,)
    path = paths.command_ack(two.endpoint_id, [command.id])
    assert (await one.call("DELETE", path)).status == 403


async def test_a_command_for_an_app_that_is_not_asked_for_waits(lab):
    endpoint = await lab.enrolled(await lab.utm())
    await endpoint.take_policies()
    await send(lab, endpoint, "SDU")
    assert await endpoint.poll() == ()
    answer = await endpoint.call("GET", paths.commands(["SDU"], endpoint.endpoint_id))
    assert b"<appId>SDU</appId>" in answer.body


async def test_a_command_expires_on_the_server(lab, clock):
    await lab.restart(command_ttl_s=60.0)
    endpoint = await lab.enrolled(await lab.utm())
    await endpoint.take_policies()
    await send(lab, endpoint)
    clock.advance(59)
    assert len(await endpoint.poll()) == 1
    clock.advance(1)
    assert await endpoint.poll() == ()
    await lab.service._upkeep.one_round()
    assert await endpoint.poll() == ()


async def test_an_endpoint_that_was_away_too_long_is_assigned_again(lab, clock):
    endpoint = await lab.enrolled(await lab.utm())
    (before,) = await endpoint.poll()
    clock.advance(10_001)
    assert await endpoint.poll() == ()
    await lab.service._upkeep.one_round()
    (after,) = await endpoint.poll()
    assert after.id != before.id
    assert after.body == before.body


async def test_an_action_for_mcs_itself_is_never_queued(lab):
    from foundation.protocol.commands import HazardousCommandError

    endpoint = await lab.enrolled(await lab.utm())
    with pytest.raises(HazardousCommandError):
        await send(lab, endpoint, "MCS")


async def test_policies_stay_fetchable_after_the_acknowledgement(lab, make_policy, make_group):
    utm = await lab.utm()
    web = make_policy("SWC", "one")
    await utm.push(make_group("default", web))
    endpoint = await lab.enrolled(utm)
    await endpoint.take_policies()
    for _ in range(2):
        answer = await endpoint.call("GET", paths.policy("SWC", web.revision))
        assert (answer.status, answer.body) == (200, web.body)


async def test_the_last_ten_policies_and_the_one_in_force_are_served(lab, make_policy, make_group):
    utm = await lab.utm()
    policies = [make_policy("SWC", f"number {n}") for n in range(12)]
    await utm.push(make_group("default", policies[0]))
    endpoint = await lab.enrolled(utm)
    await endpoint.put_status("SWC", policies[0].revision)
    for each in policies[1:]:
        await utm.push(make_group("default", each))

    async def served():
        answers = [
            await endpoint.call("GET", paths.policy("SWC", each.revision)) for each in policies
        ]
        return [answer.status for answer in answers]

    assert await served() == [200, 404] + 10 * [200]
    await lab.service._store.tidy(lab.clock())
    assert await served() == [200, 404] + 10 * [200]


async def test_a_policy_is_served_only_to_whom_it_was_assigned(lab, make_policy, make_group):
    utm = await lab.utm()
    one, two = await lab.enrolled(utm), await lab.enrolled(utm)
    own, other = make_policy("SWC", "own"), make_policy("SWC", "other")
    await utm.push(
        make_group("default", own),
        make_group("special", other),
        membership={two.endpoint_id: "special"},
    )
    path = paths.policy("SWC", other.revision)
    assert (await two.call("GET", path)).status == 200
    refused = await one.call("GET", path)
    assert (refused.status, refused.reason) == (404, "policy_unknown")
    stranger = await lab.enrolled(await lab.utm(organization="Other"))
    assert (await stranger.call("GET", path)).status == 404


async def test_a_large_policy_travels_in_fragments_named_by_their_content(
    lab, make_policy, make_group
):
    await lab.restart(fragment_above=1000)
    utm = await lab.utm()
    web = make_policy("SWC", "ü€" * 120_000)
    await utm.push(make_group("default", web))
    endpoint = await lab.enrolled(utm)
    commands = await endpoint.poll()
    assert len(commands) == 2
    (fragments,) = decode_fragments(commands[1].body)
    await endpoint.acknowledge(*(command.id for command in commands))
    pieces = []
    for _, fragment_id in fragments.fragments:
        answer = await endpoint.call("GET", paths.policy_fragment("SWC", fragment_id))
        assert hashlib.sha256(answer.body).hexdigest() == fragment_id
        pieces.append(answer.body.decode())
    assert len(pieces) > 2
    assert "".join(pieces).encode() == web.body
    whole = await endpoint.call("GET", paths.policy("SWC", web.revision))
    assert whole.body == web.body
    stranger = await lab.enrolled(await lab.utm(organization="Other"))
    path = paths.policy_fragment("SWC", fragments.fragments[0][1])
    assert (await stranger.call("GET", path)).status == 404


async def test_the_mcs_policy_is_sealed_and_carries_the_relays_element(lab):
    endpoint = await lab.enrolled(await lab.utm())
    body = (await endpoint.take_policies())["MCS"]
    assert is_sealed(body)
    assert b"<messageRelays/>" in body


async def test_another_poll_interval_reaches_endpoints_after_a_restart(lab):
    endpoint = await lab.enrolled(await lab.utm())
    await endpoint.take_policies()
    await lab.restart(poll_interval_s=60.0)
    mcs = decode_mcs_policy((await endpoint.take_policies())["MCS"])
    assert mcs.poll_interval_s == 60
    await lab.restart()
    assert await endpoint.poll() == ()


async def test_an_unwilling_endpoint_is_assigned_again_with_doubling(
    lab, clock, make_policy, make_group
):
    utm = await lab.utm()
    await utm.push(make_group("default", make_policy("SWC", "one")))
    endpoint = await lab.enrolled(utm)
    await endpoint.take_policies()
    await endpoint.put_status("SWC", "f" * 64, "Diff")
    rounds = []
    for n in range(1, 15):
        clock.advance(20)
        await lab.service._upkeep.one_round()
        commands = await endpoint.poll()
        if commands:
            rounds.append(n)
            await endpoint.acknowledge(commands[0].id)
    assert rounds == [3, 8]


async def test_a_policy_that_many_ask_for_at_once_is_read_once(
    lab, monkeypatch, make_policy, make_group
):
    utm = await lab.utm()
    endpoints = [await lab.enrolled(utm) for _ in range(4)]
    web = make_policy("SWC", "one")
    await utm.push(make_group("default", web))
    get, read = PolicyShelf.get, lab.service._store.policy
    looked, reads, all_looked = [], [], asyncio.Event()

    def look(*asked):
        looked.append(asked)
        if len(looked) == len(endpoints):
            all_looked.set()
        return get(*asked)

    async def read_late(*asked):
        reads.append(asked)
        await all_looked.wait()
        return await read(*asked)

    monkeypatch.setattr(PolicyShelf, "get", look)
    monkeypatch.setattr(lab.service._store, "policy", read_late)
    path = paths.policy("SWC", web.revision)
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*(each.call("GET", path) for each in endpoints))

    assert [each.body for each in answers] == [web.body] * len(endpoints)
    assert len(reads) == 1
