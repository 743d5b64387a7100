"""Secrets, checkpoints and background tasks."""

import asyncio
import signal
import subprocess
import sys

from foundation.redact import Secret, redact_headers
from foundation.service import Tasks

REACH = """
from foundation.checkpoints import Checkpoints
points = Checkpoints("here:2")
points.reach("elsewhere"); points.reach("here"); print("once", flush=True)
points.reach("here"); print("never", flush=True)
"""


def test_a_secret_never_prints_its_value():
    secret = Secret("hunter2")

    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2")
    assert secret != Secret("hunter3")


def test_credentials_in_headers_are_redacted_and_the_scheme_stays():
    shown = redact_headers({"Authorization": "Basic abc", "Cookie": "SID=1", "Accept": "*/*"})

    assert shown == {"Authorization": "Basic [redacted]", "Cookie": "[redacted]", "Accept": "*/*"}


def test_a_checkpoint_ends_the_process_the_named_time():
    ended = subprocess.run([sys.executable, "-c", REACH], capture_output=True, text=True)

    assert ended.stdout == "once\n"
    assert ended.returncode == -signal.SIGKILL


async def test_a_failed_task_is_kept_and_the_others_go_on():
    told = []
    tasks = Tasks(lambda name, error: told.append((name, str(error))))

    async def fail():
        raise ValueError("broken")

    other = tasks.start(asyncio.sleep(60), name="other")
    tasks.start(fail(), name="failing")
    await asyncio.sleep(0.01)

    assert told == [("failing", "broken")]
    assert not other.done()
    await tasks.close()
    assert other.cancelled()


async def test_a_loop_that_breaks_is_told_of_and_started_again(monkeypatch):
    monkeypatch.setattr("foundation.service.RESTART_PAUSE_S", 0.0)
    told, second = [], asyncio.Event()
    tasks = Tasks(lambda name, error: told.append((name, str(error))))

    async def loop():
        if not told:
            raise ValueError("unforeseen")
        second.set()
        await asyncio.sleep(60)

    tasks.keep(loop, name="loop")
    async with asyncio.timeout(60):
        await second.wait()
    await tasks.close()

    assert told == [("loop", "unforeseen")]
