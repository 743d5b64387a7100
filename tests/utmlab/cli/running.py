"""A lab in a process of its own, and the command line beside it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from utmlab.cli.root import root

PATIENCE_S = 240.0
FAST = ("--poll", "0.3")


class Running:
    """A lab that runs.

    Attributes:
        ready: What its ready file holds.
    """

    def __init__(self, data: Path, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.data = data
        self.process = process
        self.ready = ready

    def call(self, *words: str, exit_code: int = 0) -> Any:
        """Run a command here, since one in a process of its own takes a second to begin."""
        done = CliRunner().invoke(root, ["--data", str(self.data), *words, "--json"])
        assert done.exit_code == exit_code, done.output
        return json.loads(done.stderr if exit_code else done.stdout)

    def interrupt(self, number: int = signal.SIGINT) -> str:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, err
        return out + err


def utmlab(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        _command(data, words),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@contextlib.contextmanager
def started(data: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command that goes on; it is killed in the end if it still runs."""
    process = subprocess.Popen(
        _command(data, words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@contextlib.contextmanager
def up(data: Path, *words: str) -> Iterator[Running]:
    """Run `up` on free ports; it is ready."""
    ready = data.parent / f"{data.name}.ready"
    words = ("up", "--ports", "0", "--ready-file", str(ready), *words)
    with started(data, *words) as process:
        wait_until(ready.exists, process)
        yield Running(data, process, json.loads(ready.read_text()))


def wait_until(is_so: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for something that a process which runs brings about."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "not in time"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)


def _command(data: Path, words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "utmlab", "--data", str(data), *words]
