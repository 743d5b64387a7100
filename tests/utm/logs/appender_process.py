"""A process that spools numbered lines and appends them, until it ends or is killed.

Arguments: folder, kill point or "-", how many lines to add, first local day and hours between
two lines. Prints the sequence numbers it committed to the spool.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from foundation.checkpoints import Checkpoints
from foundation.durable.writer import Writer
from utm.logs import spool
from utm.logs.appender import Appender

ZONE = ZoneInfo("Europe/Berlin")


async def run(folder: Path, kill_at: str | None, begin: int, count: int, step_h: float) -> None:
    at = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)
    writer = Writer(folder / "utm.db", [spool.SCHEMA])
    await writer.open()
    appender = Appender(
        writer,
        folder / "logs",
        zone=ZONE,
        now=lambda: at,
        checkpoints=Checkpoints(kill_at),
    )
    await appender.start()
    for number in range(begin, begin + count):
        at = datetime(2026, 3, 27, 9, 0, tzinfo=UTC) + timedelta(hours=step_h * number)
        moment, line = at, f"line {number}"
        await writer.write(lambda db, m=moment, ln=line: spool.enqueue(db, "epsecd", m, [ln]))
        print(number, flush=True)  # noqa: T201 - what the test reads
        appender.ring()
        if number % 3 == 0:
            await appender.drain()
    await appender.stop()
    await writer.close()


if __name__ == "__main__":
    path, kill, first, many, hours = sys.argv[1:]
    asyncio.run(run(Path(path), None if kill == "-" else kill, int(first), int(many), float(hours)))
