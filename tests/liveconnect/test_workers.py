"""Two workers on one database: neither needs to know whom the other served."""

import asyncio
import dataclasses

import pytest

from foundation.protocol import paths
from foundation.protocol.answers import decode_authenticate_answer
from foundation.protocol.push import PushKind
from tests.liveconnect.mcs_service.test_pushing import Listener
from tests.liveconnect.pair import PATIENCE_S, until


async def status_of_poll(endpoint):
    path = paths.commands(("ALC",), endpoint.endpoint_id)
    return (await endpoint.call("GET", path)).status


async def test_an_endpoint_that_enrolled_at_one_polls_at_the_other_at_once(
    workers, make_policy, make_group
):
    one, two = workers
    utm = await one.utm()
    here = await one.enrolled(utm)
    there = await two.visited_by(here)
    for _ in range(3):
        assert await there.poll() == await here.poll() != ()
    web = make_policy("SWC", "one")
    await (await two.visited_by_utm(utm)).push(make_group("default", web))

    async def offers_web_control():
        return any("SWC" in command.body for command in await here.poll())

    async def has_nothing():
        return not await there.poll()

    await until(offers_web_control)
    assert (await here.take_policies())["SWC"] == web.body
    await until(has_nothing)


async def test_what_is_signed_by_one_is_accepted_by_the_other(workers):
    one, two = workers
    assert one.service.ca_file.read_bytes() == two.service.ca_file.read_bytes()
    endpoint = await one.enrolled(await one.utm())
    path = paths.authenticate(endpoint.endpoint_id)
    told = decode_authenticate_answer((await endpoint.call("POST", path)).body)
    there = await two.visited_by(endpoint)
    answer = await there.request(
        "POST",
        paths.response(told.device_id, "ALC", "1"),
        b"{}",
        Authorization=f"Bearer {told.access_token}",
    )
    assert answer.status == 200


async def test_a_removal_at_one_is_a_refusal_at_the_other(workers):
    one, two = workers
    utm = await one.utm()
    endpoint = await one.enrolled(utm)
    there = await two.visited_by(endpoint)
    await there.poll()
    await utm.request("DELETE", f"/link/v1/endpoints/{endpoint.endpoint_id}")

    async def is_refused():
        return (await status_of_poll(there)) != 200

    await until(is_refused)
    assert await status_of_poll(there) == 401


async def test_a_worker_that_heard_nothing_for_a_second_does_not_answer_from_memory(
    workers, monkeypatch
):
    monkeypatch.setattr("liveconnect.store.postgres.follower.LOOK_TIMEOUT_S", 0.5)
    one, two = workers
    endpoint = await one.enrolled(await one.utm())
    there = await two.visited_by(endpoint)
    await there.poll()
    follower = two.service._sharing.currency
    await two.service._tasks.close()  # nobody listens any more
    assert follower.is_current
    assert await there.poll()
    follower._heard_at -= 1.1
    path = paths.commands(("ALC",), endpoint.endpoint_id)
    answer = await there.call("GET", path)
    assert (answer.status, answer.reason) == (503, "store_unavailable")
    assert answer.headers["Retry-After"] == "5"


async def test_a_held_report_request_at_one_is_woken_by_a_report_at_the_other(workers):
    one, two = workers
    utm = await one.utm()
    endpoint = await one.enrolled(utm)
    await utm.acknowledge(await utm.reports())
    held = asyncio.create_task((await two.visited_by_utm(utm)).reports(hold=300))

    async def is_held():
        return bool(two.service._bells._events)

    await until(is_held)
    await endpoint.post_event("7")
    async with asyncio.timeout(PATIENCE_S):
        (report,) = await held
    assert report.kind == "event"


async def test_a_push_stream_at_one_carries_what_the_other_commits(
    workers, make_policy, make_group
):
    one, two = workers
    utm = await one.utm()
    here = await one.enrolled(utm)
    await here.take_policies()
    there = await two.visited_by(here)
    stream = await there.listen()
    listener = Listener(stream)
    for content in ("one", "two"):  # it polls elsewhere between the two
        await utm.push(make_group("default", make_policy("SWC", content)))
        assert (await listener.next()).kind is PushKind.COMMANDS
        await here.take_policies()
    await utm.request("DELETE", f"/link/v1/endpoints/{here.endpoint_id}")
    async with asyncio.timeout(PATIENCE_S):
        await listener.until_end()
    stream.close()


async def test_a_changed_password_is_known_to_both(workers):
    one, two = workers
    utm = await one.utm()
    here = await one.endpoint()
    token = utm.registration.registration_token
    await here.register(token, X_Registration_Attempt="a")
    there = await two.visited_by(here)
    await there.poll()
    old = here.password
    here.endpoint_id = here.password = ""
    await here.register(token, X_Registration_Attempt="a")  # the answer was lost
    assert here.password != old
    there.password = here.password
    assert await there.poll()


async def test_a_stopped_database_is_503_and_nothing_false_is_acknowledged(workers, postgres):
    one, two = workers
    utm = await one.utm()
    endpoint = await one.enrolled(utm)
    await utm.acknowledge(await utm.reports())
    there = await two.visited_by(endpoint)

    def is_answered_with(status):
        async def is_so():
            return await status_of_poll(endpoint) == status

        return is_so

    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, postgres.server.stop, "immediate")
    try:
        answers = await asyncio.gather(
            *(endpoint.post_event(str(number)) for number in range(20)),
            *(there.post_event(str(number)) for number in range(20, 40)),
            utm.request("GET", "/link/v1/reports"),
        )
        assert {(each.status, each.reason) for each in answers} == {(503, "store_unavailable")}
        await until(is_answered_with(503))  # when the memory is too old to answer from
        refused = one.service._refusals.counts
        assert sum(refused.values()) >= 22
    finally:
        await loop.run_in_executor(None, postgres.server.start)
    await until(is_answered_with(200))
    for number in range(20):
        assert (await endpoint.post_event(str(number))).status == 200
    assert len(await utm.reports()) == 20


async def test_a_worker_refuses_to_start_without_its_database(tmp_path, clock):
    from liveconnect.app import LiveConnect
    from liveconnect.config import LiveConnectConfig
    from liveconnect.store.postgres.connecting import DatabaseUnreachableError

    config = LiveConnectConfig(data=tmp_path, mcs_port=0, link_port=0, worker=1)
    config = dataclasses.replace(config, database=f"postgresql://x@/x?host={tmp_path}")
    with pytest.raises(DatabaseUnreachableError):
        await LiveConnect(config, now=clock).start()
