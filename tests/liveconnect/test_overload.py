"""Five herds, each beyond what is taken in at once: refused in time, and nothing lost or twice."""

import asyncio

import pytest

from tests.liveconnect.herd import Herd

HERD = 250
ROOM = 40
"""Requests worked on at once in these tests; every herd is larger."""
GUARD_S = 300


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request):
    if request.param == "sqlite":
        return {}
    return {"database": await request.getfixturevalue("postgres").database(), "worker": 1}


@pytest.fixture
async def small(lab, database):
    """A LiveConnect with little room."""
    await lab.restart(most_requests=ROOM, **database)
    return lab


@pytest.fixture
async def herd(small):
    herd = Herd(small, HERD)
    yield herd
    await herd.leave()


async def enrolled(lab, herd):
    utm = await lab.utm()
    token = utm.registration.registration_token
    async with asyncio.timeout(GUARD_S):
        await herd.all(lambda client: client.enrol(token))
    return utm


async def all_reports(utm):
    taken = []
    while reports := await utm.reports():
        taken += reports
        await utm.acknowledge(reports)
    return taken


class Watch:
    """Sees the most that was being worked on."""

    def __init__(self, lab, monkeypatch):
        from liveconnect.admission import Admission

        self.most = 0
        self.refusals = lab.service._refusals.counts
        admitted = Admission.admitted

        def watched(admission, request):
            self.most = max(self.most, admission.requests)
            return admitted(admission, request)

        monkeypatch.setattr(Admission, "admitted", watched)


async def test_all_enrol_at_once(small, herd, monkeypatch):
    watch = Watch(small, monkeypatch)
    utm = await enrolled(small, herd)
    statuses = herd.statuses()
    assert statuses.count(200) == HERD
    assert statuses.count(503) == watch.refusals["overloaded"] > 0
    assert watch.most == ROOM
    names = [report.body["computer_name"] for report in await all_reports(utm)]
    assert sorted(names) == sorted(client.name for client in herd.clients)
    await herd.clients[0].authenticate()
    assert herd.statuses() == [200]  # recovered at once: nothing is left over


async def test_all_authenticate_again_at_once(small, herd):
    await enrolled(small, herd)
    herd.statuses()
    async with asyncio.timeout(GUARD_S):
        await herd.all(lambda client: client.authenticate())
    assert herd.statuses().count(200) == HERD
    assert (await herd.clients[0].poll()).status == 200


async def test_all_report_at_once(small, herd):
    utm = await enrolled(small, herd)
    await all_reports(utm)
    async with asyncio.timeout(GUARD_S):
        await herd.all(lambda client: client.report("1"))
        await herd.all(lambda client: client.report("1"))  # whose answer they did not see
    told = [report.endpoint_id for report in await all_reports(utm)]
    assert sorted(told) == sorted(client.endpoint_id for client in herd.clients)


async def test_all_reconnect_at_once_and_no_more_than_there_is_room_for(lab):
    await lab.restart(most_connections=HERD // 2)
    herd = Herd(lab, HERD)
    utm = await lab.utm()
    first = herd.clients[0]
    await first.enrol(utm.registration.registration_token)
    for client in herd.clients:
        client.endpoint_id, client.authorization = first.endpoint_id, first.authorization
    inside, outside = herd.clients[: HERD // 2], herd.clients[HERD // 2 :]
    async with asyncio.timeout(GUARD_S):
        await asyncio.gather(*(client.poll() for client in inside))
        waiting = asyncio.gather(*(client.poll() for client in outside))
        while not all(503 in client.statuses for client in outside):  # noqa: ASYNC110 - none
            await asyncio.sleep(0.02)
        assert not any(200 in client.statuses for client in outside)
        for client in inside:
            await client.close()
        await waiting
    statuses = herd.statuses()
    assert statuses.count(200) == HERD + 1
    assert lab.service._refusals.counts["overloaded"] == statuses.count(503)
    await herd.leave()


async def test_all_come_back_after_a_restart_at_once(small, herd, database):
    await enrolled(small, herd)
    polls = asyncio.gather(*(client.poll() for client in herd.clients))
    await small.restart()
    herd.statuses()
    async with asyncio.timeout(GUARD_S):
        await polls
        await herd.all(lambda client: client.poll())
    statuses = herd.statuses()
    assert statuses.count(200) >= HERD
    if not database:  # a worker that is held up may have to refuse, for its memory is too old
        assert set(statuses) == {200}  # a poll is never refused for want of room


async def test_who_fetches_is_let_in_while_reports_take_all_their_room(lab, monkeypatch):
    await lab.restart(most_requests=1)
    utm = await lab.utm()
    reporting, fetching = await lab.enrolled(utm), await lab.enrolled(utm)
    record = lab.service._store.record_statuses
    under_way, may_go_on = asyncio.Event(), asyncio.Event()

    async def held(*given):
        under_way.set()
        await may_go_on.wait()
        return await record(*given)

    monkeypatch.setattr(lab.service._store, "record_statuses", held)
    async with asyncio.timeout(GUARD_S), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(reporting.put_status("SWC", "a"))
        await under_way.wait()
        assert (await fetching.put_status("SWC", "a")).status == 503
        assert set(await fetching.take_policies()) == {"MCS"}
        may_go_on.set()

    assert first.result().status == 200
