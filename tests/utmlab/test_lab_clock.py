"""The clock of a lab: shown, advanced, refused, and gone on with."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from utmlab.clock import run_virtual
from utmlab.lab_clock import (
    ClockIsRealError,
    LabClock,
    SpanTooLongError,
    VirtualTimeNeedsTasksError,
    virtual_start,
)
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
VISITOR = """
import sys, time, socket
for _ in range(int(sys.argv[2])):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as one:
        one.settimeout(60)
        for part in (b"GET / HTTP/1.1\\r\\n", b"Host: x\\r\\nConnection: close\\r\\n", b"\\r\\n"):
            one.sendall(part)
            time.sleep(0.005)
        sys.stdout.write(one.makefile("rb").readline().decode())
"""


def virtual(story, pace="stepped", start=START):
    return run_virtual(story, start=start, pace=pace)


def test_a_real_clock_is_shown_and_not_advanced(tmp_path):
    clock = LabClock(tmp_path / "clock.json", lambda: START)
    assert clock.state().as_record()["kind"] == "real"
    with pytest.raises(ClockIsRealError):
        asyncio.run(clock.advance(1))


def test_an_advance_returns_when_all_that_was_due_has_happened(tmp_path):
    async def story(clock):
        lab_clock, seen = LabClock(tmp_path / "clock.json", clock.now, clock), []

        async def every_hour():
            while True:
                await asyncio.sleep(3600)
                seen.append(clock.now())

        task = asyncio.ensure_future(every_hour())
        state = await lab_clock.advance(7 * 86_400)
        task.cancel()
        return state.now, seen

    now, seen = virtual(story)
    assert now - START >= 7 * DAY
    assert len(seen) == 7 * 24


@pytest.mark.parametrize("seconds", [0, -5, float("nan"), 1e12])
def test_a_span_that_is_none_or_without_end_is_refused(tmp_path, seconds):
    async def story(clock):
        with pytest.raises(SpanTooLongError):
            await LabClock(tmp_path / "clock.json", clock.now, clock).advance(seconds)

    virtual(story)


def test_virtual_time_goes_on_where_it_stood_and_never_before_the_present(tmp_path):
    file = tmp_path / "clock.json"

    async def story(clock):
        return (await LabClock(file, clock.now, clock).advance(30 * 86_400)).now

    virtual(story)
    stood = virtual_start(file, START)
    assert START + 30 * DAY <= stood < START + 31 * DAY
    assert virtual_start(file, stood + DAY) == stood + DAY
    assert json.loads(file.read_text())["version"] == 1


def test_processes_are_refused_virtual_time(tmp_path):
    async def story(clock):
        settings = LabSettings(mode="processes", ports=Ports())
        with pytest.raises(VirtualTimeNeedsTasksError):
            Stack(Places.of(tmp_path / "lab"), settings, clock=clock)

    virtual(story)


def test_a_visitor_finds_a_server_that_waits_two_virtual_seconds_for_its_next_packet():
    async def story(clock):
        in_time = []

        async def serve(reader, writer):
            try:
                for _ in range(3):
                    async with asyncio.timeout(2):
                        await reader.readline()
                in_time.append(True)
            except TimeoutError:
                in_time.append(False)
            writer.write(b"done\r\n")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        visitor = await asyncio.create_subprocess_exec(
            sys.executable, "-c", VISITOR, str(port), "5", stdout=asyncio.subprocess.DEVNULL
        )
        ended = asyncio.ensure_future(visitor.wait())
        while not ended.done():
            await clock.advance(600)
        server.close()
        return in_time

    assert virtual(story) == [True] * 5


def test_own_clients_do_not_slow_an_advance_down():
    """They are of this loop: time may jump between their packets."""

    async def story(clock):
        async def serve(reader, writer):
            await reader.readline()
            writer.write(b"done\r\n")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port, asked = server.sockets[0].getsockname()[1], []
        began = asyncio.get_running_loop()._visitors

        async def ask():
            while True:
                await asyncio.sleep(20)
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"hello\r\n")
                asked.append(await reader.readline())
                writer.close()
                assert began.grace_left_s() == 0

        task = asyncio.ensure_future(ask())
        await clock.advance(20 * 200 + 1)
        failed = task.done()
        task.cancel()
        server.close()
        return asked, failed

    asked, failed = virtual(story)
    assert (len(asked), failed) == (200, False)
