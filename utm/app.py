"""The UTM as one service: confd, epsecd, the web filter and the logs over one database.

- Every edit of the configuration goes through `edit`: the change, the changeset that it causes
  and their log lines are one transaction.
- Endpoint Protection must be on before the UTM registers, shows its token or writes an
  installer (UTM-01); switched off again, the link stays, so that LiveConnect hears of it.
"""

import os
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Generic, Self, TypeVar
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from foundation.checkpoints import NO_CHECKPOINTS, Checkpoints
from foundation.durable.folder import DataFolder
from foundation.durable.writer import Writer
from foundation.faults import FaultPlan
from foundation.faults.disk import refusing_commits
from foundation.faults.verbs import fault_verbs
from foundation.net.control import Verb
from foundation.operations_log import OperationsLog
from foundation.protocol.link import Registration
from foundation.service import Now, Service, utc_now
from utm.access import Administrators, Caller
from utm.confd import Change, ChangeNotStoredError, Confd, Edit, seed, transaction
from utm.confd_log import ConfdLog
from utm.config import UtmConfig
from utm.epsecd.compiling import prepare
from utm.epsecd.registration import LinkCredentials
from utm.epsecd.voice import Voice
from utm.front_door import FrontDoor
from utm.link_client import LinkClient, LinkDownError
from utm.logs.appender import Appender
from utm.logs.catalogue import Daemon
from utm.logs.remote_syslog import RemoteSyslog
from utm.registrar import EndpointProtectionOffError, NotRegisteredError, Registrar
from utm.storage import DATABASE, FORMAT_VERSION, SCHEMAS, WEBADMIN_FOLDER
from utm.verbs import verbs_of
from utm.web_filter import WebFilter

__all__ = [
    "ChangeNotStoredError",
    "Edited",
    "EndpointProtectionOffError",
    "NotRegisteredError",
    "Utm",
]

T = TypeVar("T")
_SWITCH: Final = "epp.status.epp"


@dataclass(frozen=True, slots=True)
class Edited(Generic[T]):
    """The outcome of an edit: its result, its number, and the changeset it caused, if any."""

    result: T
    change: int
    changeset: int | None


class Utm(Service):
    """One UTM.

    Args:
        config: Its settings.
        now: The clock.
        rng: Spreads pauses.
        checkpoints: Where a test may end the process.
    """

    def __init__(
        self,
        config: UtmConfig,
        *,
        now: Now = utc_now,
        rng: random.Random | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> None:
        self.config = config
        self.now = now
        self.credentials = LinkCredentials(config.data / "link")
        self._checkpoints = checkpoints
        self.operations = OperationsLog(config.operations_log_file, now=now)
        self._folder: DataFolder | None = None
        self.faults = FaultPlan()
        self.writer = Writer(
            config.data / DATABASE, SCHEMAS, before_commit=refusing_commits(self.faults, "utm")
        )
        self._zone = ZoneInfo(config.timezone)
        self.remote_syslog = RemoteSyslog(self.writer)
        self.appender = Appender(
            self.writer,
            config.logs,
            zone=self._zone,
            now=now,
            checkpoints=checkpoints,
            on_written=self.remote_syslog.offer,
        )
        self.voice = Voice(
            epsecd=self._daemon("epsecd"),
            eplog=self._daemon(config.eplog_process),
            extra_lines=config.extra_lines,
            report_ids=config.report_ids,
        )
        self.web_filter = WebFilter(
            self.writer,
            daemon=self._daemon("httpproxy"),
            on_lines=self.appender.ring,
            now=now,
            folder=config.data,
            options=config.web_filter,
        )
        self.confd_log = ConfdLog(
            self._daemon("confd"), self.appender.ring, extra_lines=config.extra_lines
        )
        self.administrators = Administrators(
            config.data / WEBADMIN_FOLDER, writer=self.writer, log=self.confd_log, now=now
        )
        self.front_door = FrontDoor(self)
        self._registrar = Registrar(
            config,
            self.credentials,
            writer=self.writer,
            voice=self.voice,
            operations=self.operations,
            is_switched_on=self._is_switched_on,
            on_lines=self._lines_came,
            now=now,
            rng=rng or random.Random(),
            checkpoints=checkpoints,
        )

    @property
    def verbs(self) -> dict[str, Verb]:
        """What an administrator can do, by name."""
        return {**verbs_of(self), **fault_verbs(self.faults)}

    async def start(self) -> None:
        """Open the folder, settle the logs, and take up the link where it was.

        Raises:
            DataFolderInUseError: If another process holds the folder.
            DataFolderTooNewError: If a newer version wrote it.
        """
        config = self.config
        self._folder = DataFolder.open(config.data, component="utm", version=FORMAT_VERSION)
        try:
            await self._begin()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close the link, write what waits into the logs, give the folder back."""
        await self.front_door.stop()
        await self.web_filter.stop()
        await self._registrar.stop()
        await self.appender.stop()
        await self.remote_syslog.stop()
        await self.writer.close()
        self.operations.record("stopped")
        self.operations.close()
        if self._folder is not None:
            self._folder.close()

    async def quiesce(self) -> None:
        """Write out what waits for the logs."""
        await self.web_filter.quiesce()
        await self.appender.quiesce()
        await self.remote_syslog.quiesce()

    async def load(self) -> None:
        """Go on from a database that was put in the place of the one before.

        LiveConnect may know of what is gone: registering again raises the epoch, in the background.
        """
        await self.appender.load()
        await self.administrators.load()
        self._lines_came()
        if self._registrar.has_link:
            self._registrar.keep_trying()

    async def edit(
        self,
        summary: str,
        work: Callable[[Edit], T],
        *,
        user: str = "admin",
        caller: Caller | None = None,
        is_import: bool = False,
    ) -> Edited[T]:
        """Change the configuration: all of `work` is one numbered change, or nothing is.

        Args:
            summary: One line that says what for.
            work: Makes the changes and returns what the caller wants to know.
            user: Who changes, when nobody is logged in for it.
            caller: The session of the administrator who changes.
            is_import: Whether patterns that cannot run are kept, as in `transaction`.

        Raises:
            ChangeNotStoredError: If the disk refuses; nothing has changed then.
            PortInUseError: If it moves the gateway's proxy to a port that is taken.
        """
        at, who = self.now(), user if caller is None else caller.user

        def commit(db: Database) -> Edited[T]:
            with transaction(db, at=at, user=who, summary=summary, is_import=is_import) as edit:
                result = work(edit)
                self.web_filter.check(edit)
            if edit.recorded is not None:
                self.confd_log.changed(db, edit.recorded, caller)
                self._say_switched(db, edit.recorded)
            prepared = prepare(db, at)
            for group, warnings in (prepared.warnings if prepared else {}).items():
                values = {"group": group, "warnings": "; ".join(warnings)}
                self.voice.also(db, "policy_warning", at, values)
            number = edit.recorded.number if edit.recorded else Confd(db).number
            return Edited(result, number, prepared.number if prepared else None)

        try:
            edited = await self.writer.write(commit)
        except sqlite3.OperationalError as error:
            raise ChangeNotStoredError(f"{summary}: not stored: {error}") from error
        self._checkpoints.reach("utm.after_edit")
        self.operations.record(
            "edited", change=edited.change, changeset=edited.changeset, user=who, summary=summary
        )
        self._lines_came()
        await self.web_filter.follow_port()
        self._registrar.wake()
        return edited

    @asynccontextmanager
    async def at_rest(self) -> AsyncIterator[Self]:
        """Open what is stored and nothing else: edits hold at the next start.

        Raises:
            DataFolderInUseError: If another process holds the folder.
            DataFolderTooNewError: If a newer version wrote it.
        """
        self._folder = DataFolder.open(self.config.data, component="utm", version=FORMAT_VERSION)
        try:
            await self.writer.open()
            at = self.now()
            await self.writer.write(lambda db: seed(db, at=at))
            yield self
        finally:
            await self.writer.close()
            self._folder.close()

    async def say(self, slug: str, values: Mapping[str, str] | None = None) -> None:
        """Write a line of our own into epsecd.log, if those are wanted."""
        at = self.now()
        await self.writer.write(lambda db: self.voice.also(db, slug, at, values))
        self.appender.ring()

    async def node(self, key: str) -> object:
        """Return the value of a node of confd."""
        return await self.writer.read(lambda db: Confd(db).node(key))

    async def register(self) -> Registration:
        """Register with LiveConnect: a CSR goes out, identity, chain and token come back.

        Raises:
            EndpointProtectionOffError: If Endpoint Protection is off.
            LinkDownError: If LiveConnect cannot be reached.
            LinkRefusedError: If it refuses.
        """
        return await self._registrar.register()

    async def renew(self) -> None:
        """Look after the link's certificate and trust now."""
        await self._registrar.renew()

    async def enable(self, *, caller: Caller | None = None) -> None:
        """Switch Endpoint Protection on and register; unreachable, go on trying in background.

        Args:
            caller: The session of the administrator who does.

        Raises:
            LinkDownError: If LiveConnect cannot be reached now.
        """
        await self._switch(on=True, caller=caller)
        if self._registrar.has_link:
            return
        try:
            await self.register()
        except LinkDownError:
            self._registrar.keep_trying()
            raise

    async def disable(self, *, caller: Caller | None = None) -> None:
        """Switch Endpoint Protection off; endpoints keep the policy they have."""
        await self._switch(on=False, caller=caller)

    async def register_if_wanted(self) -> None:
        """Register in the background when the switch is on and there is no link."""
        if not self._registrar.has_link and await self._is_switched_on():
            self._registrar.keep_trying()

    async def linked(self) -> LinkClient:
        """Return the registered link, for requests of an administrator.

        Raises:
            EndpointProtectionOffError: If Endpoint Protection is off.
            NotRegisteredError: If there is no registration yet.
        """
        return await self._registrar.linked()

    async def _begin(self) -> None:
        self.operations.open()
        await self.writer.open()
        at = self.now()
        await self.writer.write(lambda db: seed(db, at=at))
        await self.remote_syslog.start()
        await self.appender.start()
        await self._registrar.start()
        await self.web_filter.start()
        await self.administrators.load()
        await self.front_door.start()
        self.operations.record("started", webadmin=self.front_door.url)

    def _lines_came(self) -> None:
        """After a commit of ours: lines may wait, and the configuration may be another one."""
        self.appender.ring()
        self.web_filter.configuration_changed()
        self.remote_syslog.configuration_changed()

    async def _is_switched_on(self) -> bool:
        return bool(await self.node(_SWITCH))

    async def _switch(self, *, on: bool, caller: Caller | None) -> None:
        await self.edit(
            f"Endpoint Protection switched {'on' if on else 'off'}",
            lambda edit: edit.set_node(_SWITCH, on),
            caller=caller,
        )

    def _say_switched(self, db: Database, change: Change) -> None:
        for entry in change.entries:
            if entry.key == _SWITCH:
                word = "on" if entry.after[_SWITCH] else "off"
                self.voice.also(db, f"switched_{word}", change.at)

    def _daemon(self, process: str) -> Daemon:
        return Daemon(
            process=process,
            pid=os.getpid(),
            host=self.config.host_name,
            zone=self._zone,
            profile=self.config.log_profile,
        )
