"""Lines of http.log that are being committed while the gateway stops."""

import asyncio
from datetime import UTC, datetime

from utm.web_filter.http_log import HttpLog

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


class SlowWriter:
    """Stores what it is handed even if nobody waits for it any more, as the real one does."""

    def __init__(self):
        self.stored = 0
        self.begun, self.may_return = asyncio.Event(), asyncio.Event()

    async def write(self, _work):
        self.stored += 1
        self.begun.set()
        await self.may_return.wait()


async def test_lines_that_are_being_committed_at_the_stop_are_committed_once():
    writer = SlowWriter()
    log = HttpLog(writer, lambda: None)
    log.start()
    log.put(AT, ["a line"])
    await writer.begun.wait()
    stopping = asyncio.create_task(log.stop())
    for _ in range(10):
        await asyncio.sleep(0)
    writer.may_return.set()
    await stopping

    assert writer.stored == 1
