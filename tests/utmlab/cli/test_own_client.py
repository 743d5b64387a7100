"""A broker alone, as a tester starts it, and the how-to run against it by a real curl."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
from pathlib import Path

import pytest

from tests.utmlab.cli import schemas
from tests.utmlab.cli.running import PATIENCE_S, up, utmlab
from utmlab.cli.root import root

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "own-client.md"


BROKER = ("--only", "liveconnect", "--auto-utm")


def environment(data: Path, *words: str) -> dict[str, str]:
    done = utmlab(data, "env", *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["variables"]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    data = tmp_path_factory.mktemp("broker") / "lab"
    with up(data, *BROKER, "--push") as broker:
        yield data, broker.ready


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
    token = environment(data, "--secrets")["UTMLAB_TOKEN"]
    done = utmlab(data, "mcs", "check-server", ready["mcs_url"], UTMLAB_TOKEN=token)
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith(("FAIL", "XPASS"))] == []
    unseen = [line.split()[2].rstrip(":") for line in lines if line.startswith("NOT SEEN")]
    assert unseen == ["1.9-fragment-ids", "2.3-message-relay-fields"]
    assert done.returncode == 0


def test_a_broker_alone_is_asked_too(running):
    data, _ = running
    done = utmlab(data, "mcs", "ask", "flags_replace", '{"flags": {"x.enabled": true}}', "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answer"]["flags"] == {"x.enabled": True}


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
    with up(data, *BROKER) as first:
        told = first.interrupt()
    token = Path(first.ready["token_file"]).read_text()
    assert token in told
    with up(data, *BROKER) as second:
        told = second.interrupt(signal.SIGTERM)
    assert Path(second.ready["token_file"]).read_text() == token
    assert token not in told
    assert second.ready["mcs_url"] == first.ready["mcs_url"]


@pytest.mark.parametrize(
    "words", [("--auto-utm",), ("--only", "liveconnect", "--endpoints", "2")], ids=" ".join
)
def test_wishes_that_do_not_fit_a_broker_are_refused(tmp_path, words):
    with pytest.raises(SystemExit) as ended:
        root.main(["--data", str(tmp_path), "up", *words])
    assert ended.value.code == 2
