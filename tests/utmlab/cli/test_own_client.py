"""A broker alone, as a tester starts it, and the how-to run against it by a real curl."""

import contextlib
import importlib.util
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from utmlab.cli.root import root

PATIENCE_S = 120.0
HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "own-client.md"


def _schemas():
    spec = importlib.util.spec_from_file_location(
        "cli_schemas", Path(__file__).with_name("schemas.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


schemas = _schemas()


@contextlib.contextmanager
def broker(data: Path, *words: str):
    """Run `up --only liveconnect`; gives the ready file's content and the process."""
    ready = data.parent / f"{data.name}.ready"
    command = [sys.executable, "-m", "utmlab", "--data", str(data), "up", "--only", "liveconnect"]
    process = subprocess.Popen(
        [*command, "--ports", "0", "--ready-file", str(ready), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        ends = time.monotonic() + PATIENCE_S
        while not ready.exists():
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < ends
            time.sleep(0.02)
        yield json.loads(ready.read_text()), process
    finally:
        process.kill()
        process.communicate()


def environment(data: Path, *words: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "utmlab", "--data", str(data), "--json", "env", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return json.loads(done.stdout)["variables"]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    data = tmp_path_factory.mktemp("broker") / "lab"
    with broker(data, "--auto-utm", "--push") as (ready, _):
        yield data, ready


def test_the_five_requests_of_the_how_to_work_as_they_stand(running):
    data, _ = running
    blocks = re.findall(r"^```bash\n(.*?)^```", HOW_TO.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 6
    done = subprocess.run(
        ["bash"],
        input="".join(blocks),
        env={**os.environ, **environment(data, "--secrets")},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("in force\n")
    revision = re.search(r"revision (\w+)", done.stdout)[1]
    with contextlib.closing(sqlite3.connect(data / "liveconnect" / "liveconnect.db")) as stored:
        told = stored.execute("SELECT app_id, res, revision FROM statuses").fetchall()
    assert told == [("MCS", "Same", revision)]


def test_the_ready_file_is_as_its_schema_says(running):
    _, ready = running
    assert schemas.problems(ready, schemas.schema("up-broker")) == []


def test_our_own_server_passes_with_no_expected_failure(running):
    data, ready = running
    command = [sys.executable, "-m", "utmlab", "--data", str(data), "mcs", "check-server"]
    done = subprocess.run(
        [*command, ready["mcs_url"]],
        env={**os.environ, "UTMLAB_TOKEN": environment(data, "--secrets")["UTMLAB_TOKEN"]},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith(("FAIL", "XPASS"))] == []
    unseen = [line.split()[2].rstrip(":") for line in lines if line.startswith("NOT SEEN")]
    assert unseen == ["1.9-fragment-ids", "2.3-message-relay-fields"]
    assert done.returncode == 0


def test_env_tells_the_token_only_when_secrets_are_asked_for(running):
    data, ready = running
    assert environment(data)["UTMLAB_MCS_URL"] == ready["mcs_url"]
    assert "UTMLAB_TOKEN" not in environment(data)
    token_file = Path(ready["token_file"])
    assert environment(data, "--secrets")["UTMLAB_TOKEN"] == token_file.read_text()
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    assert token_file.read_text() not in json.dumps(ready)


def test_a_second_start_keeps_tenant_token_and_port(tmp_path):
    data = tmp_path / "lab"
    with broker(data, "--auto-utm") as (first, process):
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
    token = Path(first["token_file"]).read_text()
    assert token in told
    with broker(data, "--auto-utm") as (second, process):
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=PATIENCE_S)
    assert Path(second["token_file"]).read_text() == token
    assert token not in told
    assert second["mcs_url"] == first["mcs_url"]


@pytest.mark.parametrize(
    "words", [("--auto-utm",), ("--only", "liveconnect", "--endpoints", "2")], ids=" ".join
)
def test_wishes_that_do_not_fit_a_broker_are_refused(tmp_path, words):
    with pytest.raises(SystemExit) as ended:
        root.main(["--data", str(tmp_path), "up", *words])
    assert ended.value.code == 2
