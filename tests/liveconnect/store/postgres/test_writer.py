"""The writer of a worker: groups, one writer at a time, and a connection that is lost."""

import asyncio

import asyncpg
import pytest

from liveconnect.store.postgres import writer as writing
from liveconnect.store.postgres.connecting import UNAVAILABLE
from liveconnect.store.postgres.writer import LOCK, PostgresWriter


def put(name):
    return lambda sql: sql.execute("INSERT INTO facts VALUES (?, 'x')", [name])


def names(sql):
    return [row[0] for row in sql.execute("SELECT name FROM facts ORDER BY name")]


@pytest.fixture
async def url(postgres):
    return await postgres.database()


@pytest.fixture
async def writer(url):
    made = PostgresWriter(url, name="test")
    yield made
    await made.close()


async def test_a_piece_that_fails_fails_alone(writer):
    def fails(sql):
        put("lost")(sql)
        raise LookupError

    def twice(sql):
        put("a")(sql)

    done = await asyncio.gather(
        *map(writer.write, (put("a"), fails, twice, put("b"))), return_exceptions=True
    )
    kinds = [type(each) for each in done if isinstance(each, Exception)]
    assert kinds == [LookupError, asyncpg.UniqueViolationError]
    assert await writer.write(names) == ["a", "b"]


async def test_a_refusal_that_changed_nothing_runs_nobody_twice(writer):
    ran = []

    def refuses(sql):
        names(sql)
        raise LookupError

    def counts(sql):
        ran.append(names(sql))

    done = await asyncio.gather(
        *map(writer.write, (counts, put("a"), refuses, counts)), return_exceptions=True
    )
    assert isinstance(done[2], LookupError)
    assert ran == [[], ["a"]]


async def test_what_waits_together_is_one_transaction(writer):
    def number(sql):
        return sql.execute("SELECT pg_current_xact_id()::text").fetchone()[0]

    await writer.write(names)  # connected from here on
    first = await asyncio.gather(*(writer.write(number) for _ in range(50)))
    assert len(set(first)) == 1
    assert await writer.write(number) != first[0]


async def test_a_group_without_time_for_more_leaves_the_rest_to_the_next(writer, monkeypatch):
    def number(sql):
        return sql.execute("SELECT pg_current_xact_id()::text").fetchone()[0]

    monkeypatch.setattr(writing, "LONGEST_GROUP_S", 0.0)
    async with asyncio.timeout(60):
        numbers = await asyncio.gather(*(writer.write(number) for _ in range(5)))
    assert sorted(map(int, numbers)) == list(map(int, numbers))
    assert len(set(numbers)) == 5
    assert writer.waiting == 0


async def test_two_workers_write_one_after_the_other(writer, url):
    other = PostgresWriter(url, name="other")
    holder = await asyncpg.connect(url)
    await holder.execute(f"BEGIN; SELECT pg_advisory_xact_lock({LOCK})")
    writes = [asyncio.create_task(each.write(put(str(id(each))))) for each in (writer, other)]
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with asyncio.timeout(60):
        while await holder.fetchval(waiting) < 2:
            await holder.fetchval("SELECT pg_sleep(0.01)")
    assert not any(each.done() for each in writes)
    await holder.execute("COMMIT")
    await asyncio.gather(*writes)
    assert len(await other.write(names)) == 2
    await holder.close()
    await other.close()


async def test_a_lost_connection_acknowledges_nothing_and_the_next_write_connects_again(
    writer, url
):
    def lost(sql):
        put("lost")(sql)
        sql.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    done = await asyncio.gather(
        *map(writer.write, (put("first"), lost, put("last"))), return_exceptions=True
    )
    assert all(isinstance(each, UNAVAILABLE) for each in done)
    assert await writer.write(names) == []
    await writer.write(put("again"))
    assert await writer.write(names) == ["again"]
