"""The files under deploy/ against the program they start; a container engine is not needed."""

import configparser
import json
import re
import subprocess
from pathlib import Path

import pytest

from liveconnect.__main__ import _parser

DEPLOY = Path(__file__).parent.parent.parent / "deploy"


def unit():
    parsed = configparser.ConfigParser(interpolation=None, strict=False)
    parsed.optionxform = str
    parsed.read(DEPLOY / "liveconnect@.service")
    return parsed


def test_the_unit_starts_a_worker_of_its_number():
    program, *words = unit()["Service"]["ExecStart"].replace("%i", "2").split()
    assert program.endswith("/python")
    assert words[:2] == ["-m", "liveconnect"]
    options = _parser().parse_args(words[2:])
    assert (options.worker, options.host, options.secret_from_loopback) == (2, "0.0.0.0", True)


def test_the_unit_allows_more_files_than_the_connections_it_takes():
    from liveconnect.config import LiveConnectConfig

    most = LiveConnectConfig(data=Path()).most_connections
    assert int(unit()["Service"]["LimitNOFILE"]) > most + 1000


@pytest.mark.peer
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    for name in ("liveconnect@.service", "liveconnect.target"):
        text = (DEPLOY / name).read_text().replace("/opt/utmlab/bin/python", "/bin/true")
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *tmp_path.iterdir()],
        capture_output=True,
        text=True,
        timeout=60,
    )
    ours = [line for line in done.stderr.splitlines() if "liveconnect" in line]
    assert ours == []


def test_the_composition_starts_workers_whose_names_nginx_knows():
    text = (DEPLOY / "compose.yaml").read_text()
    words = json.loads(re.search(r"command: (\[\"--worker.*\])", text)[1])
    options = _parser().parse_args(["--data", "x", *words])
    assert (options.worker, options.mcs_port, options.link_port) == (1, 4443, 4445)
    services = set(re.findall(r"^  (worker-\d):$", text, re.MULTILINE))
    servers = re.findall(r"server (worker-\d):(\d+)", (DEPLOY / "nginx.conf").read_text())
    assert {name for name, _ in servers} == services
    assert {int(port) for _, port in servers} == {options.mcs_port, options.link_port}


def test_the_image_holds_what_the_files_name():
    text = (DEPLOY / "Dockerfile").read_text()
    for name in re.search(r"^COPY (.*) /src/$", text, re.MULTILINE)[1].split():
        assert (DEPLOY.parent / name).exists()
    locked = (DEPLOY.parent / "requirements.lock").read_text()
    assert "asyncpg==" in locked
    assert "greenlet==" in locked
