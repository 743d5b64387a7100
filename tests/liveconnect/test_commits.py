"""What is committed, and when: counted where every transaction of the store begins."""

import asyncio

import pytest


@pytest.fixture(params=["sqlite", "postgres"])
async def counted(request, lab):
    """A LiveConnect whose pieces of work and groups are counted."""
    if request.param == "postgres":
        url = await request.getfixturevalue("postgres").database()
        await lab.restart(database=url, worker=1)
    writer = lab.service._store._writer
    lab.groups, lab.pieces = [], 0
    commit, write = writer._commit, writer.write

    async def counting_commit(group):
        lab.groups.append(len(group))
        await commit(group)

    async def counting_write(work):
        lab.pieces += 1
        return await write(work)

    writer._commit, writer.write = counting_commit, counting_write
    return lab


async def test_a_poll_that_finds_nothing_never_commits(counted):
    endpoint = await counted.enrolled(await counted.utm())
    await endpoint.take_policies()
    before = counted.pieces
    for _ in range(50):
        assert await endpoint.poll() == ()
    assert counted.pieces == before
    assert before == sum(counted.groups)


async def test_a_session_costs_one_commit_at_most_and_only_where_it_is_shared(counted):
    endpoint = await counted.enrolled(await counted.utm())
    shared = counted.config.database is not None
    costs = []
    for _ in range(4):
        before = counted.pieces
        await endpoint.put_status("SWC", "r")
        await endpoint.poll()
        costs.append(counted.pieces - before - 1)  # beside that of the status
    assert costs == [0, int(shared), 0, 0]


async def test_when_endpoints_were_seen_is_one_commit_for_all_of_them(counted):
    utm = await counted.utm()
    endpoints = [await counted.enrolled(utm, f"PC-{number}") for number in range(5)]
    counted.clock.advance(5)
    for endpoint in endpoints:
        await endpoint.poll()
    counted.groups.clear()
    await counted.service.quiesce()
    assert counted.groups == [1]
    stored = await counted.service._store.endpoints(utm.registration.utm_id)
    assert {each.last_seen_at for each in stored} == {counted.clock()}


async def test_statuses_that_come_together_are_committed_together(counted, make_policy, make_group):
    utm = await counted.utm()
    endpoints = [await counted.enrolled(utm, f"PC-{number}") for number in range(30)]
    counted.groups.clear()
    answers = await asyncio.gather(*(each.put_status("SWC", "f" * 64) for each in endpoints))
    assert {each.status for each in answers} == {200}
    assert 1 <= len(counted.groups) < 30
    reports = await utm.reports()
    assert sum(each.kind == "status" for each in reports) == 30
