"""A house that the roof runs: as tasks of this process, or as a process of its own.

- Both are started, stopped and called the same way; only a process can be killed.
- A process says that it is ready with one JSON line on its standard output.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

from foundation.errors import DomainError
from foundation.net.control import ControlClient, LocalControl, NotRunningError, Verb
from foundation.service import Service

READY_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 10.0


class HouseStartError(DomainError):
    """A house's process ended, or did not become ready."""

    code: ClassVar[str] = "house_start"
    hint: ClassVar[str] = "Its own words are in the message."


class ServiceWithVerbs(Protocol):
    """A service that offers verbs."""

    verbs: dict[str, Verb]

    async def start(self) -> None:
        """Begin to serve."""

    async def stop(self) -> None:
        """Stop serving."""


class House(Protocol):
    """What the roof does with a house."""

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""

    async def start(self) -> None:
        """Start it; on return it answers."""

    async def stop(self) -> None:
        """Stop it cleanly."""

    async def call(self, verb: str, **arguments: Any) -> Any:
        """Call one of its verbs."""


class TaskHouse:
    """A house in this process; each start makes it anew, as a process would be."""

    def __init__(self, name: str, make: Callable[[], Service]) -> None:
        self.name = name
        self._make = make
        self.service: Any = None

    @property
    def is_running(self) -> bool:
        """Whether it runs now."""
        return self.service is not None

    async def start(self) -> None:
        """Make and start it; a running one is left alone."""
        if self.service is None:
            service = self._make()
            await service.start()
            self.service = service

    async def stop(self) -> None:
        """Stop it cleanly."""
        service, self.service = self.service, None
        if service is not None:
            await service.stop()

    async def call(self, verb: str, **arguments: Any) -> Any:
        """Call one of its verbs.

        Raises:
            NotRunningError: If it does not run.
            DomainError: As the verb refuses.
        """
        if self.service is None:
            raise NotRunningError(f"{self.name} is stopped")
        return await LocalControl(self.service.verbs).call(verb, **arguments)


class ProcessHouse:
    """A house as `python -m NAME ARGUMENTS`.

    What no other user may see in the list of processes comes by its `environment`.
    """

    def __init__(
        self,
        name: str,
        data: Path,
        arguments: Callable[[], list[str]],
        *,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._data = data
        self._arguments = arguments
        self._environment = {} if environment is None else environment
        self._process: asyncio.subprocess.Process | None = None
        self.ready: dict[str, Any] = {}

    @property
    def is_running(self) -> bool:
        """Whether the process runs now."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process's id, None before its first start."""
        return self._process.pid if self._process is not None else None

    async def start(self, *more: str) -> None:
        """Start the process and wait until it says that it is ready.

        Args:
            more: Further command-line arguments for this start only.

        Raises:
            HouseStartError: If it ends or stays silent.
        """
        if self.is_running:
            return
        self._data.mkdir(parents=True, exist_ok=True)
        errors = self._data / "stderr.txt"
        with errors.open("ab") as stderr:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self.name, *self._arguments(), *more),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )
        stdout = self._process.stdout
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                line = await stdout.readline() if stdout else b""
                if not line:
                    await self._process.wait()
        except TimeoutError:
            line = b""
            await self.kill()
        if not line:
            said = errors.read_text(errors="replace")[-2000:]
            raise HouseStartError(f"{self.name} did not become ready: {said.strip()}")
        self.ready = json.loads(line)

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL when that is not enough."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it by SIGKILL, as a power cut would."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def wait_ended(self) -> int:
        """Wait until the process has ended; return its exit code, negative for a signal."""
        return await self._process.wait() if self._process else 0

    async def call(self, verb: str, **arguments: Any) -> Any:
        """Call one of its verbs.

        Raises:
            NotRunningError: If it does not run.
            ControlError: As the verb refuses.
        """
        return await ControlClient(self._data).call(verb, **arguments)
