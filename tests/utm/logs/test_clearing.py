"""Clearing a log: the file is empty, its row agrees, and what follows is written once."""

import gzip

import pytest

from utm.logs import files, spool


def telling(rig, *lines):
    return lambda db: spool.enqueue(db, "confd", rig.at, lines)


async def test_a_cleared_log_is_empty_and_goes_on(rig):
    async with rig.appender() as appender:
        await rig.say("one", "two")
        assert await appender.clear("epsecd", telling(rig, "epsecd.log was cleared"))
        assert (rig.text(), rig.text("confd")) == ("", "epsecd.log was cleared\n")
        await rig.say("three")
        await appender.drain()
    assert rig.text() == "three\n"
    assert list(rig.logs.glob("*orphan*")) == []


async def test_what_waited_before_is_cleared_too_and_the_line_about_it_stays(rig):
    async with rig.appender() as appender:
        await rig.say("older", log="confd")
        assert await appender.clear("confd", telling(rig, "confd.log was cleared"))
        assert rig.text("confd") == "confd.log was cleared\n"


async def test_a_log_without_a_line_yet_can_be_cleared(rig):
    async with rig.appender() as appender:
        assert await appender.clear("eplog", telling(rig, "cleared"))
        await rig.say("one", log="eplog")
        await appender.drain()
    assert rig.text("eplog") == "one\n"


async def test_a_cleared_day_is_archived_from_there_on(rig, moment):
    async with rig.appender() as appender:
        await rig.say("gone")
        await appender.clear("epsecd", telling(rig, "cleared"))
        await rig.say("kept")
        await appender.drain()
        rig.at = moment("2026-03-28T09:00:00+01:00")
        await appender.drain()
    packed = rig.logs / "epsecd/2026/03/epsecd-2026-03-27.log.gz"
    assert gzip.decompress(packed.read_bytes()) == b"kept\n"


async def test_a_kill_between_the_commit_and_the_cut_loses_and_repeats_nothing(rig):
    async with rig.appender() as appender:
        await rig.say("one", "two")
        await appender.drain()
        row = await rig.writer.read(lambda db: spool.current_file(db, "epsecd"))
        await rig.writer.write(lambda db: spool.restart_file(db, row))
    assert rig.text() == "one\ntwo\n"
    async with rig.appender():
        await rig.say("three")
    assert rig.text() == "three\n"


async def test_a_disk_in_trouble_clears_nothing(rig, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    async with rig.appender() as appender:
        await rig.say("one")
        await appender.drain()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files, "append", refuse)
            await rig.say("two")
            assert not await appender.clear("epsecd", telling(rig, "cleared"))
        assert rig.text() == "one\n"
        await appender.drain()
    assert rig.text() == "one\ntwo\n"
