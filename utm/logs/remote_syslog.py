"""Remote syslog: the lines of selected logs go to other machines as well, because it is configured.

* The appender hands over what it has committed to a file, so a line is sent as it is on disk, with
  `<PRI>` in front; nothing here can slow or stop the appender.
* The configuration is read again after each change; a server that stays as it is keeps its
  connection and what waits for it.
* What waits is memory: a stop or a kill loses it (public: a buffer of lines; ours: not on disk).
"""

import asyncio
from collections.abc import Sequence

from sqlite_utils import Database

from foundation.durable.writer import Writer
from foundation.service import Service, Tasks
from utm.confd import read_snapshot
from utm.logs.syslog_sender import SyslogSender, SyslogState
from utm.logs.syslog_settings import CLASSES, SyslogSettings, SyslogTarget, read_settings


class RemoteSyslog(Service):
    """Sends the logs of one UTM.

    Args:
        writer: The open writer of the UTM's database.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._settings = SyslogSettings()
        self._senders: dict[SyslogTarget, SyslogSender] = {}
        self._changed = asyncio.Event()
        self._loading = asyncio.Lock()
        self._tasks = Tasks()

    async def start(self) -> None:
        """Read the configuration and begin to send."""
        await self.load()
        self._tasks.keep(self._follow, name="remote syslog")

    async def stop(self) -> None:
        """Send what can be sent at once, and end."""
        await self._tasks.close()
        await asyncio.gather(*(sender.stop() for sender in self._senders.values()))
        self._senders = {}

    async def quiesce(self) -> None:
        """Send what can be sent at once."""
        await asyncio.gather(*(sender.flush() for sender in self._senders.values()))

    async def load(self) -> None:
        """Read the configuration and do as it says."""
        async with self._loading:
            settings = await self._writer.read(_read)
            self._settings = settings
            known = self._senders
            self._senders = {target: self._sender(target) for target in settings.targets}
            gone = [each for target, each in known.items() if target not in self._senders]
            await asyncio.gather(*(sender.stop() for sender in gone))

    def configuration_changed(self) -> None:
        """Say that the configuration may be another one."""
        self._changed.set()

    def offer(self, log: str, lines: Sequence[bytes]) -> None:
        """Take lines that are in the file of a log now; returns at once."""
        if log in self._settings.logs:
            for sender in self._senders.values():
                sender.offer(lines)

    def states(self) -> tuple[SyslogState, ...]:
        """Return how it goes with each server, in the order of the configuration."""
        return tuple(sender.state for sender in self._senders.values())

    def _sender(self, target: SyslogTarget) -> SyslogSender:
        known = self._senders.get(target)
        if known is not None:
            known.reconfigure(self._settings)
            return known
        sender = SyslogSender(target, self._settings)
        sender.start()
        return sender

    async def _follow(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self.load()


def _read(db: Database) -> SyslogSettings:
    return read_settings(read_snapshot(db, CLASSES))
