"""LiveConnect as several workers of one host: processes that share their ports and a database.

- Without a database of somebody's own the lab runs a PostgreSQL of its own (`private_postgres.py`).
- The system hands each connection to one of the workers; none of them knows an endpoint better.
- A worker that ends is started again, after a pause that grows while it keeps ending.

Provenance: ours.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Final

from foundation.durable.files import write_secret
from foundation.durable.folder import DataFolder
from foundation.errors import DomainError
from foundation.net.control import NotRunningError
from foundation.service import Tasks
from liveconnect.app import FOLDER_VERSION
from liveconnect.config import LiveConnectConfig
from utmlab.houses import HouseStartError, ProcessHouse
from utmlab.private_postgres import PrivatePostgres
from utmlab.worker_faults import WorkerFaults

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
STEADY_S: Final = 60.0
"""A worker that ran for so long begins with the first pause again."""
DATABASE_VARIABLE: Final = "LIVECONNECT_DATABASE"
OnEnd = Callable[[int, int], None]


class OtherStoreError(DomainError):
    """The lab's LiveConnect keeps its state in a file, which workers cannot share."""

    code: ClassVar[str] = "other_store"
    hint: ClassVar[str] = "Start it without --workers, or make a new lab with another --data."


def _tell_nobody(_worker: int, _code: int) -> None:
    """Hear of a worker's end."""


class WorkerHouse:
    """The workers of one lab, as one house.

    Args:
        data: LiveConnect's folder.
        count: How many there are.
        arguments: What each is started with, its number aside.
        database: The URL of a database; None for one of the lab's own.
        cluster: The folder of the lab's own.
        on_end: Hears the number and the exit code of a worker that ended by itself.
    """

    name = "liveconnect"

    def __init__(
        self,
        data: Path,
        count: int,
        arguments: list[str],
        *,
        database: str | None,
        cluster: Path,
        on_end: OnEnd = _tell_nobody,
    ) -> None:
        self._data = data
        self._arguments = arguments
        self._database = database
        self._cluster = cluster
        self._postgres: PrivatePostgres | None = None
        self._environment: dict[str, str] = {}
        self._tasks = Tasks()
        self._folder: DataFolder | None = None
        self.on_end = on_end
        self.workers = [self._worker(number) for number in range(1, count + 1)]
        self._faults = WorkerFaults(self.workers)

    @property
    def is_running(self) -> bool:
        """Whether any worker runs now."""
        return any(worker.is_running for worker in self.workers)

    async def start(self) -> None:
        """Start the database, if it is the lab's own, and the workers.

        Raises:
            DataFolderInUseError: If another process holds the folder.
            OtherStoreError: If this LiveConnect ran alone before.
            PostgresMissingError: If there is no PostgreSQL to run.
            HouseStartError: If a worker does not become ready.
        """
        if self.is_running:
            return
        config = LiveConnectConfig(data=self._data)
        if config.database_file.exists():
            raise OtherStoreError(f"{config.database_file} is the state of a LiveConnect alone")
        self._folder = DataFolder.open(self._data, component="liveconnect", version=FOLDER_VERSION)
        try:
            await self._begin(config)
        except BaseException:
            await self.stop()
            raise

    async def _begin(self, config: LiveConnectConfig) -> None:
        url = self._database or await self._own_database()
        self._environment[DATABASE_VARIABLE] = url
        write_secret(config.database_note, json.dumps({"url": url}).encode())
        first, *others = self.workers
        await first.start()  # it makes the tables and the keys; the others find them
        await asyncio.gather(*(worker.start() for worker in others))
        for number, worker in enumerate(self.workers, 1):
            self._tasks.start(self._keep(number, worker), name=f"worker {number}")

    async def stop(self) -> None:
        """Stop the workers, then the database."""
        await self._tasks.close()
        await asyncio.gather(*(worker.stop() for worker in self.workers))
        await self._faults.forget()
        if self._postgres is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._postgres.close)
            self._postgres = None
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    async def call(self, verb: str, **arguments: Any) -> Any:
        """Call a verb of a worker that runs; journal and faults are those of all of them.

        Raises:
            NotRunningError: If none runs.
            ControlError: As the verb refuses.
        """
        if verb == "journal":
            return await self._journal(**arguments)
        if verb in self._faults.verbs:
            return await self._faults.verbs[verb](**arguments)
        for worker in self.workers:
            try:
                return await worker.call(verb, **arguments)
            except NotRunningError:
                continue
        raise NotRunningError("no worker of LiveConnect runs")

    async def _journal(self, **arguments: Any) -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = []
        for worker in self.workers:
            with contextlib.suppress(NotRunningError):
                kept += await worker.call("journal", **arguments)
        return sorted(kept, key=lambda exchange: str(exchange["at"]))

    def _worker(self, number: int) -> ProcessHouse:
        folder = LiveConnectConfig(data=self._data, worker=number).own_folder
        arguments = [*self._arguments, "--worker", str(number)]
        return ProcessHouse(self.name, folder, lambda: arguments, environment=self._environment)

    async def _own_database(self) -> str:
        self._postgres = PrivatePostgres(self._cluster)
        await asyncio.get_running_loop().run_in_executor(None, self._postgres.start)
        return self._postgres.url()

    async def _keep(self, number: int, worker: ProcessHouse) -> None:
        loop, pause_s = asyncio.get_running_loop(), FIRST_PAUSE_S
        while True:
            began = loop.time()
            code = await worker.wait_ended()
            self._faults.ended(worker)
            self.on_end(number, code)
            if loop.time() - began >= STEADY_S:
                pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            try:
                await worker.start()
                await self._faults.started_again(worker)
            except HouseStartError:
                continue  # its end is told and another pause made
