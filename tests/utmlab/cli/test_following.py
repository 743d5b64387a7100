"""Following a log: whole lines, over rotation, and nothing twice."""

import asyncio
import contextlib

import pytest

from utmlab.cli.following import follow, last_lines


@pytest.fixture
def path(tmp_path):
    return tmp_path / "epsecd.log"


async def take(lines, count):
    async with asyncio.timeout(60):
        return [await anext(lines) for _ in range(count)]


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


async def test_lines_that_are_added_follow_once_they_are_whole(path):
    path.write_bytes(b"old\n")
    lines = follow(path, 4)
    async with contextlib.aclosing(lines):
        append(path, b"one\ntw")
        assert await take(lines, 1) == [b"one\n"]
        append(path, b"o\nthree\n")
        assert await take(lines, 2) == [b"two\n", b"three\n"]


async def test_a_rotated_file_is_read_to_its_end_before_the_new_one(path):
    path.write_bytes(b"one\n")
    lines = follow(path, 0)
    async with contextlib.aclosing(lines):
        assert await take(lines, 1) == [b"one\n"]
        append(path, b"two\n")
        path.rename(path.with_suffix(".old"))
        path.write_bytes(b"three\n")
        assert await take(lines, 2) == [b"two\n", b"three\n"]


async def test_a_file_that_does_not_exist_yet_is_waited_for(path):
    lines = follow(path, 0)
    async with contextlib.aclosing(lines):
        first = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0)
        path.write_bytes(b"one\n")
        assert await asyncio.wait_for(first, 60) == b"one\n"


def test_the_last_lines_end_where_following_begins(path):
    path.write_bytes(b"one\ntwo\nthr")
    assert last_lines(path, 1) == ([b"two\n"], 8)
    assert last_lines(path, 9) == ([b"one\n", b"two\n"], 8)
    assert last_lines(path, 0) == ([], 8)
    assert last_lines(path.with_suffix(".gone"), 3) == ([], 0)
