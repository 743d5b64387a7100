"""The appender in one process: order, recovery, orphans, a full disk."""

import pytest

from utm.logs import files, spool
from utm.logs.spool import LineRefusedError


async def test_lines_stand_in_their_file_after_a_drain(rig):
    async with rig.appender() as appender:
        await rig.say("one", "two")
        await rig.say("browse", log="eplog")
        assert await appender.drain()
        assert (rig.text(), rig.text("eplog")) == ("one\ntwo\n", "browse\n")
        assert await rig.writer.read(spool.waiting_count) == 0


async def test_ring_alone_brings_lines_into_the_file(rig):
    async with rig.appender() as appender:
        await rig.say("one")
        appender.ring()
        await rig.emptied()
        assert rig.text() == "one\n"


async def test_stop_writes_what_waits(rig):
    async with rig.appender():
        await rig.say("one")
    assert rig.text() == "one\n"


async def test_lines_of_a_rolled_back_transaction_are_never_written(rig):
    def fail(db):
        spool.enqueue(db, "epsecd", rig.at, ["never"])
        raise RuntimeError("the cause of the line failed")

    async with rig.appender() as appender:
        with pytest.raises(RuntimeError):
            await rig.writer.write(fail)
        await rig.say("one")
        await appender.drain()
    assert rig.text() == "one\n"


async def test_many_lines_keep_their_order(rig):
    lines = [f"line {number}" for number in range(5000)]
    async with rig.appender():
        await rig.say(*lines)
    assert rig.text().splitlines() == lines


async def test_uncommitted_bytes_are_cut_off_at_the_start(rig):
    async with rig.appender():
        await rig.say("one")
    with (rig.logs / "epsecd.log").open("a") as file:
        file.write("half a li")
    async with rig.appender():
        await rig.say("two")
    assert rig.text() == "one\ntwo\n"


async def test_file_without_a_row_is_set_aside(rig):
    rig.logs.mkdir()
    (rig.logs / "epsecd.log").write_text("somebody else's\n")
    (rig.logs / "epsecd.log.orphan-1").write_text("older\n")
    async with rig.appender():
        await rig.say("one")
    assert rig.text() == "one\n"
    assert (rig.logs / "epsecd.log.orphan-1").read_text() == "older\n"
    assert (rig.logs / "epsecd.log.orphan-2").read_text() == "somebody else's\n"


async def test_file_shorter_than_committed_is_set_aside(rig):
    async with rig.appender():
        await rig.say("one", "two")
    (rig.logs / "epsecd.log").write_text("one\n")
    async with rig.appender():
        await rig.say("three")
    assert rig.text() == "three\n"
    assert (rig.logs / "epsecd.log.orphan-1").read_text() == "one\n"


async def test_removed_file_begins_anew_while_running(rig):
    async with rig.appender() as appender:
        await rig.say("one")
        await appender.drain()
        (rig.logs / "epsecd.log").unlink()
        await rig.say("two")
        await appender.drain()
        assert rig.text() == "two\n"


async def test_full_disk_keeps_lines_and_warns_once(rig, monkeypatch):
    def full(path, offset, data, checkpoints):
        with path.open("ab") as file:
            file.write(data[:2])
        raise OSError(28, "No space left on device")

    async with rig.appender() as appender:
        await rig.say("one")
        await appender.drain()
        with monkeypatch.context() as patched:
            patched.setattr(files, "append", full)
            await rig.say("two")
            assert not await appender.drain()
            assert not await appender.drain()
            assert appender.trouble is not None
            assert await rig.writer.read(spool.waiting_count) == 1
        assert await appender.drain()
        assert appender.trouble is None
    assert rig.text() == "one\ntwo\n"
    assert len(rig.warnings) == 1
    assert "No space left" in rig.warnings[0]


async def test_full_disk_is_tried_again_without_being_asked(rig, monkeypatch):
    monkeypatch.setattr("utm.logs.appender.FIRST_PAUSE_S", 0.01)
    failures = iter([OSError(28, "No space left on device")] * 2)
    append = files.append

    def sometimes_full(*arguments):
        for failure in failures:
            raise failure
        append(*arguments)

    monkeypatch.setattr(files, "append", sometimes_full)
    async with rig.appender() as appender:
        await rig.say("one")
        appender.ring()
        await rig.emptied()
        assert rig.text() == "one\n"
    assert len(rig.warnings) == 1


@pytest.mark.parametrize(("log", "line"), [("../x", "a"), ("epsecd", "a\nb"), ("epsecd", "")])
async def test_what_is_no_line_of_a_log_is_refused(rig, log, line):
    async with rig.appender():
        with pytest.raises(LineRefusedError):
            await rig.say(line, log=log)


async def test_load_settles_a_replaced_folder(rig):
    async with rig.appender() as appender:
        await rig.say("one")
        await appender.drain()
        (rig.logs / "epsecd.log").write_text("one\nfrom a later run\n")
        await appender.load()
        assert rig.text() == "one\n"
