"""The writer: nothing is told before it is stored, and one failure stays alone."""

import asyncio
import sqlite3

import pytest

from foundation.durable.database import DatabaseTooNewError, Schema, open_database, open_for_reading
from foundation.durable.writer import Writer

SCHEMA = Schema("things", (lambda db: db["things"].create({"id": int}, pk="id"),))


@pytest.fixture
async def writer(tmp_path):
    writer = Writer(tmp_path / "a.db", [SCHEMA])
    await writer.open()
    yield writer
    await writer.close()


def ids(path):
    return [row[0] for row in open_for_reading(path).execute("SELECT id FROM things ORDER BY id")]


async def test_what_write_returned_is_committed(writer, tmp_path):
    await writer.write(lambda db: db["things"].insert({"id": 1}))

    assert ids(tmp_path / "a.db") == [1]


async def test_a_failing_piece_of_a_group_fails_alone(writer, tmp_path):
    def broken(db):
        db["things"].insert({"id": 2})
        raise ValueError("no")

    outcomes = await asyncio.gather(
        writer.write(lambda db: db["things"].insert({"id": 1})),
        writer.write(broken),
        writer.write(lambda db: db["things"].insert({"id": 3})),
        return_exceptions=True,
    )

    assert isinstance(outcomes[1], ValueError)
    assert ids(tmp_path / "a.db") == [1, 3]


async def test_a_full_disk_is_called_so_and_stores_nothing_of_its_group(writer, tmp_path):
    def limit(pages):
        return writer.read(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    await writer.write(lambda db: db.execute("CREATE TABLE big (content BLOB)"))
    await limit(20)
    outcomes = await asyncio.gather(
        writer.write(lambda db: db["things"].insert({"id": 1})),
        writer.write(lambda db: db.execute("INSERT INTO big VALUES (zeroblob(9000000))")),
        return_exceptions=True,
    )
    await limit(10_000)
    await writer.write(lambda db: db["things"].insert({"id": 2}))

    assert {type(one) for one in outcomes} == {sqlite3.OperationalError}
    assert {str(one) for one in outcomes} == {"database or disk is full"}
    assert ids(tmp_path / "a.db") == [2]


async def test_work_handed_in_together_shares_commits(writer):
    await writer.write(lambda db: db.execute("SELECT 1"))
    before = (await writer.read(lambda db: db.execute("PRAGMA data_version").fetchone()))[0]

    await asyncio.gather(
        *(writer.write(lambda db, n=n: db["things"].insert({"id": n})) for n in range(200))
    )

    count = await writer.read(lambda db: db["things"].count)
    assert count == 200
    assert before == (await writer.read(lambda db: db.execute("PRAGMA data_version").fetchone()))[0]


async def test_close_commits_what_waits(tmp_path):
    writer = Writer(tmp_path / "b.db", [SCHEMA])
    await writer.open()
    pending = asyncio.gather(
        *(writer.write(lambda db, n=n: db["things"].insert({"id": n})) for n in range(50))
    )
    await asyncio.sleep(0)
    await writer.close()
    await pending

    assert len(ids(tmp_path / "b.db")) == 50


def test_a_database_of_a_newer_version_is_refused_and_untouched(tmp_path):
    newer = Schema("things", (*SCHEMA.migrations, lambda db: db["more"].create({"id": int})))
    open_database(tmp_path / "a.db", [newer]).close()

    with pytest.raises(DatabaseTooNewError):
        open_database(tmp_path / "a.db", [SCHEMA])
    assert "more" in open_for_reading(tmp_path / "a.db").table_names()


def test_a_database_is_readable_by_its_owner_only(tmp_path):
    open_database(tmp_path / "a.db", [SCHEMA]).close()

    assert (tmp_path / "a.db").stat().st_mode & 0o077 == 0


def test_migrations_run_once_each_and_in_order(tmp_path):
    ran = []
    first = Schema("r", (lambda db: ran.append(1),))
    second = Schema("r", (lambda db: ran.append(1), lambda db: ran.append(2)))

    open_database(tmp_path / "a.db", [first]).close()
    open_database(tmp_path / "a.db", [second]).close()
    open_database(tmp_path / "a.db", [second]).close()

    assert ran == [1, 2]


async def test_a_reader_sees_one_moment_while_the_owner_writes(writer, tmp_path):
    await writer.write(lambda db: db["things"].insert({"id": 1}))
    reader = open_for_reading(tmp_path / "a.db")
    assert reader["things"].count == 1
    await writer.write(lambda db: db["things"].insert({"id": 2}))

    assert reader["things"].count == 1
    reader.close()
    assert ids(tmp_path / "a.db") == [1, 2]
