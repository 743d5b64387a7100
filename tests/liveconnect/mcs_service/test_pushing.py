"""The push channel, heard by a raw client."""

import asyncio
import contextlib
import json
from dataclasses import replace

import aiohttp
import pytest

from foundation.faults import Fault, Hop
from foundation.protocol import paths
from foundation.protocol.authorization import encode_bearer
from foundation.protocol.commands import Command, decode_assignments, decode_commands
from foundation.protocol.names import DEFAULT_BASE_PATH
from foundation.protocol.push import CAPABILITIES_HEADER, EventReader, PushKind
from liveconnect.commands import QueuedCommand
from liveconnect.push import MOST_UNREAD, PushHub, PushStream
from liveconnect.roster import Entry
from liveconnect.store.records import Delivery

GUARD_S = 60


class Listener:
    """One held request."""

    def __init__(self, answer):
        self.answer = answer
        self._reader = EventReader()
        self._events = []

    async def next(self, *, pings=False):
        async with asyncio.timeout(GUARD_S):
            while True:
                while self._events:
                    event = self._events.pop(0)
                    if pings or event.kind is not PushKind.PING:
                        return event
                chunk = await self.answer.content.readany()
                if not chunk:
                    return None
                self._events += self._reader.feed(chunk)

    async def until_end(self):
        with contextlib.suppress(OSError, aiohttp.ClientPayloadError):  # it is cut, not closed
            while await self.next(pings=True):
                pass


@pytest.fixture
async def pushing(lab):
    await lab.restart(push=True)
    return lab


@pytest.fixture
async def listen(pushing):
    open_answers = []

    async def start(endpoint, **changes):
        access = (await endpoint.call("POST", paths.authenticate(endpoint.endpoint_id))).json()
        headers = {
            "Authorization": encode_bearer(changes.get("token", access["access_token"])),
            "X-Device-ID": changes.get("device", access["device_id"]),
            "X-Tenant-ID": access["tenant_id"],
        }
        url = endpoint.url + paths.push(access["device_id"])
        answer = await endpoint.session.get(url, headers=headers)
        open_answers.append(answer)
        return answer if answer.status != 200 else Listener(answer)

    yield start
    for answer in open_answers:
        answer.close()


async def quiet(lab, endpoint):
    """Have the endpoint take everything that waits."""
    await endpoint.take_policies()


async def test_a_changeset_is_carried_to_the_endpoint_at_once(
    pushing, listen, make_policy, make_group
):
    utm = await pushing.utm()
    endpoint = await pushing.enrolled(utm)
    await quiet(pushing, endpoint)
    listener = await listen(endpoint)
    assert listener.answer.headers[CAPABILITIES_HEADER] == "cloneDetectionV2,terminate"
    assert (await listener.next(pings=True)).kind is PushKind.PING
    await utm.push(make_group("default", make_policy("SWC", "one")))
    carried = decode_commands((await listener.next()).data.encode())
    for command in carried:
        path = paths.command_ack(endpoint.endpoint_id, [command.id])
        assert (await endpoint.call("DELETE", path)).status == 200
    ((assigned,),) = (decode_assignments(command.body) for command in carried)
    policy = await endpoint.call("GET", paths.policy(assigned.app_id, assigned.policy_id))
    assert (assigned.app_id, policy.status) == ("SWC", 200)
    assert await endpoint.poll() == ()


async def test_an_action_wakes_the_endpoint(pushing, listen):
    endpoint = await pushing.enrolled(await pushing.utm())
    await quiet(pushing, endpoint)
    listener = await listen(endpoint)
    await pushing.service.verbs["send_command"](endpoint.endpoint_id, "ALC", "<action/>")
    assert (await listener.next()).kind is PushKind.WAKE_UP


async def test_what_waits_already_is_told_when_the_stream_begins(pushing, listen):
    endpoint = await pushing.enrolled(await pushing.utm())
    listener = await listen(endpoint)
    assert (await listener.next()).kind is PushKind.WAKE_UP


async def test_an_endpoint_is_told_once_until_it_polls(pushing, listen, make_policy, make_group):
    utm = await pushing.utm()
    endpoint = await pushing.enrolled(utm)
    listener = await listen(endpoint)
    assert (await listener.next()).kind is PushKind.WAKE_UP
    await utm.push(make_group("default", make_policy("SWC", "one")))
    await utm.push(make_group("default", make_policy("SWC", "two")))
    await pushing.service.verbs["push"](endpoint.endpoint_id, "clone_detected")
    event = await listener.next()
    assert event.kind is PushKind.COMMANDS
    await endpoint.poll()
    await utm.push(make_group("default", make_policy("SWC", "three")))
    assert (await listener.next()).kind is PushKind.COMMANDS


async def test_an_endpoint_that_works_at_its_commands_is_not_told_of_them_again(pushing, listen):
    endpoint = await pushing.enrolled(await pushing.utm())
    listener = await listen(endpoint)
    send = pushing.service.verbs["send_command"]
    await send(endpoint.endpoint_id, "ALC", "<action/>")
    assert (await listener.next()).kind is PushKind.WAKE_UP
    for command in await endpoint.poll():
        path = paths.command_ack(endpoint.endpoint_id, [command.id])
        assert (await endpoint.call("DELETE", path)).status == 200
    await pushing.service.verbs["push"](endpoint.endpoint_id, "clone_detected")
    assert (await listener.next()).kind is PushKind.COMMANDS


async def test_whole_commands_are_what_a_poll_would_carry(pushing, listen):
    endpoint = await pushing.enrolled(await pushing.utm())
    listener = await listen(endpoint)
    await listener.next()
    await pushing.service.verbs["push"](endpoint.endpoint_id, "commands")
    event = await listener.next()
    assert decode_commands(event.data.encode()) == await endpoint.poll()


@pytest.mark.parametrize("kind", ["clone_challenge", "clone_detected"])
async def test_messages_about_clones_are_sent_and_never_queued(pushing, listen, kind):
    endpoint = await pushing.enrolled(await pushing.utm())
    await quiet(pushing, endpoint)
    listener = await listen(endpoint)
    await pushing.service.verbs["push"](endpoint.endpoint_id, kind)
    (command,) = decode_commands((await listener.next()).data.encode())
    assert json.loads(command.body) == {"type": kind}
    assert await endpoint.poll() == ()


async def test_a_removed_endpoints_stream_ends(pushing, listen):
    endpoint = await pushing.enrolled(await pushing.utm())
    listener = await listen(endpoint)
    await pushing.service.verbs["remove_endpoint"](endpoint.endpoint_id)
    await listener.until_end()
    assert (await listen_again(endpoint)).status == 401


async def listen_again(endpoint):
    return await endpoint.call("POST", paths.authenticate(endpoint.endpoint_id))


async def test_a_second_stream_takes_the_place_of_the_first(pushing, listen):
    endpoint = await pushing.enrolled(await pushing.utm())
    first, second = await listen(endpoint), await listen(endpoint)
    await first.until_end()
    assert (await second.next()).kind is PushKind.WAKE_UP


async def test_stopping_ends_every_stream(pushing, listen):
    endpoint = await pushing.enrolled(await pushing.utm())
    listener = await listen(endpoint)
    await pushing.service.stop()
    await listener.until_end()
    await pushing.start()


async def test_a_client_that_left_is_forgotten(pushing, listen):
    endpoint = await pushing.enrolled(await pushing.utm())
    listener = await listen(endpoint)
    hub = pushing.service._hub
    assert hub.is_connected(endpoint.endpoint_id)
    listener.answer.close()
    async with asyncio.timeout(GUARD_S):
        while hub.is_connected(endpoint.endpoint_id):
            await hub.ping_silent()
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("changes", "status"), [({"token": "nonsense"}, 401), ({"device": "another"}, 400)]
)
async def test_a_stream_is_refused_as_documented(pushing, listen, changes, status):
    endpoint = await pushing.enrolled(await pushing.utm())
    answer = await listen(endpoint, **changes)
    assert answer.status == status


async def test_without_push_a_stream_is_refused_and_no_policy_names_a_server(lab):
    endpoint = await lab.enrolled(await lab.utm())
    policy = (await endpoint.take_policies())["MCS"]
    assert b"pushServer" not in policy
    access = (await endpoint.call("POST", paths.authenticate(endpoint.endpoint_id))).json()
    answer = await endpoint.request(
        "GET",
        paths.push(access["device_id"]),
        Authorization=encode_bearer(access["access_token"]),
    )
    assert (answer.status, answer.reason) == (403, "push_off")


async def test_the_policy_names_the_push_server_and_a_change_of_it_reaches_endpoints(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    await endpoint.take_policies()
    await lab.restart(push=True, push_fallback_poll_s=90)
    endpoint.url = lab.service.mcs_url
    policy = (await endpoint.take_policies())["MCS"].decode()
    assert f"<pushServer>{lab.service.mcs_url}</pushServer>" in policy
    assert DEFAULT_BASE_PATH.strip("/") in policy
    assert "<pushFallbackPollInterval>90</pushFallbackPollInterval>" in policy


async def test_what_went_by_a_stream_that_has_ended_is_not_taken_for_delivered(clock):
    entry, hub = Entry("t", "e", "d", b"", removed=False), PushHub(30)
    entry.delivered = {"1": Delivery(clock(), "push"), "2": Delivery(clock(), "poll")}
    hub.connect(PushStream(entry, len, lambda: False, asyncio.Event()))
    assert set(entry.delivered) == {"2"}


async def test_an_endpoint_that_was_loaded_anew_is_told_by_its_stream(clock):
    before, after = (Entry("t", "e", "d", b"", removed=False) for _ in range(2))
    asked = []
    hub = PushHub(30, asked.append)
    hub.connect(PushStream(before, len, lambda: False, asyncio.Event()))
    after.waiting = (QueuedCommand(Command("1", "ALC", "<a/>", clock())),)
    hub.notice(after)
    assert asked == [after]
    assert after.is_told


@pytest.mark.parametrize("happens", ["nothing", "delivered", "done", "ended"])
async def test_where_workers_share_a_store_a_wake_up_is_repeated_until_its_work_is_done(
    clock, monkeypatch, happens
):
    monkeypatch.setattr("liveconnect.push.AGAIN_S", 0.0)
    entry, written = Entry("t", "e", "d", b"", removed=False), []
    stream = PushStream(entry, lambda data: written.append(data) or 0, bool, asyncio.Event())
    hub = PushHub(3600, is_shared=True)
    hub.connect(stream)
    entry.waiting = (QueuedCommand(Command("1", "ALC", "<a/>", clock())),)
    hub.notice(entry)
    before = len(written)
    if happens == "delivered":
        entry.delivered = {"1": Delivery(clock(), "push")}
    elif happens == "done":
        entry.waiting = ()
    elif happens == "ended":
        stream.ended.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(written) - before == (happens == "nothing")


async def test_a_stream_that_is_not_read_is_cut_off():
    entry = Entry("t", "e", "d", b"", removed=False)
    unread = 0

    def write(data):
        nonlocal unread
        unread += len(data)
        return unread

    hub, ended = PushHub(30), asyncio.Event()
    hub.connect(PushStream(entry, write, lambda: False, ended))
    while not ended.is_set():
        assert unread <= MOST_UNREAD
        hub.send("e", "x" * 1000)


async def test_silence_is_broken_by_pings_only_when_it_lasted():
    entry, written = Entry("t", "e", "d", b"", removed=False), []

    def write(data):
        written.append(data)
        return 0

    hub = PushHub(3600)
    hub.connect(PushStream(entry, write, lambda: False, asyncio.Event()))
    await hub.ping_silent()
    assert len(written) == 1
    hub.ping_interval_s = 0.0
    await hub.ping_silent()
    assert len(written) == 2
    hub.silence("e")
    await hub.ping_silent()
    assert len(written) == 2


async def test_a_fault_chooses_the_interval_of_pings_until_it_is_cleared():
    entry, written = Entry("t", "e", "d", b"", removed=False), []

    def write(data):
        written.append(data)
        return 0

    hub = PushHub(3600)
    hub.connect(PushStream(entry, write, lambda: False, asyncio.Event()))
    often = Fault(hop=Hop.PUSH, effect="pings", value=0.0)
    hub.fault_was_set(often)
    await hub.ping_silent()
    assert len(written) == 2
    hub.faults_were_cleared()
    await hub.ping_silent()
    assert len(written) == 2
    hub.ping_interval_s = 0.0
    hub.fault_was_set(replace(often, value=3600.0))
    await hub.ping_silent()
    assert len(written) == 2
