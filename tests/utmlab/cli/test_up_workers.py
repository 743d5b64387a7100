"""`utmlab up --workers`: the same lab, with LiveConnect as processes that share PostgreSQL."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from tests.utmlab.cli.running import FAST, up, utmlab


@contextlib.contextmanager
def stopping(lab):
    """Stop a lab whatever happens: a killed one would leave its processes behind."""
    try:
        yield
    finally:
        if lab.process.poll() is None:
            lab.interrupt()


def test_a_lab_of_workers_survives_one_of_them_and_goes_on_after_a_stop(tmp_path, postgres):
    url = asyncio.run(postgres.database())
    words = ("--workers", "2", "--database", url, "--endpoints", "1", *FAST)
    with up(tmp_path / "lab", *words) as lab, stopping(lab):
        assert lab.ready["workers"] == 2
        lock = Path(lab.ready["data"]) / "liveconnect" / "workers" / "1" / "lock"
        os.kill(int(lock.read_text()), signal.SIGKILL)
        lab.call("policy", "block", "news.example", "--wait", "60")
        assert [one["name"] for one in lab.call("status")["computers"]] == ["PC-01"]
        assert "worker 1 of LiveConnect ended with -9" in lab.interrupt()
    with up(tmp_path / "lab", *FAST) as again, stopping(again):
        assert again.ready["workers"] == 2
        assert again.call("endpoint", "browse", "PC-01", "http://news.example/")["status"] == 403
    refused = utmlab(tmp_path / "lab2", "up", "--database", url)
    assert refused.returncode == 2
    assert "--workers" in refused.stderr
