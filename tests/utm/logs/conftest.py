"""A UTM's database and log folder with a clock that tests move."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from foundation.durable.writer import Writer
from utm.logs import spool
from utm.logs.appender import Appender


class LogRig:
    """Appenders over one database and folder, one after the other."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.logs = root / "logs"
        self.zone = ZoneInfo("Europe/Berlin")
        self.at = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)
        self.warnings: list[str] = []
        self.writer = Writer(root / "utm.db", [spool.SCHEMA])

    @asynccontextmanager
    async def appender(self) -> AsyncIterator[Appender]:
        self.writer = Writer(self.root / "utm.db", [spool.SCHEMA])
        await self.writer.open()
        appender = Appender(
            self.writer,
            self.logs,
            zone=self.zone,
            now=lambda: self.at,
            on_warning=self.warnings.append,
        )
        await appender.start()
        try:
            yield appender
        finally:
            await appender.stop()
            await self.writer.close()

    async def say(self, *lines: str, log: str = "epsecd") -> None:
        await self.writer.write(lambda db: spool.enqueue(db, log, self.at, lines))

    async def emptied(self) -> None:
        """Wait until no line waits in the spool, without asking the appender."""
        async with asyncio.timeout(60):
            while await self.writer.read(spool.waiting_count):  # noqa: ASYNC110 - a database's state
                await asyncio.sleep(0)

    def text(self, log: str = "epsecd") -> str:
        return (self.logs / f"{log}.log").read_text()


@pytest.fixture
def rig(tmp_path: Path) -> LogRig:
    return LogRig(tmp_path)


@pytest.fixture
def moment() -> Callable[[str], datetime]:
    return lambda text: datetime.fromisoformat(text).astimezone(UTC)
