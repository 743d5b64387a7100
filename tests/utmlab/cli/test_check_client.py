"""`utmlab mcs check-client` as a tester starts it, and curl as the client under test."""

import json
import os
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.utmlab.cli import schemas
from tests.utmlab.cli.running import PATIENCE_S, started

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "own-client.md"


def curl_client() -> str:
    """The how-to's requests as a loop: register once, then poll, acknowledge, fetch and tell."""
    blocks = re.findall(r"^```bash\n(.*?)^```", HOW_TO.read_text(), re.MULTILINE | re.DOTALL)
    shared, register, poll, *work = blocks
    loop = f'{poll}\nif [ -n "$command" ]; then\n{"".join(work)}\nfi\nsleep 0.3'
    watched = "kill -0 $WATCHER 2>/dev/null"
    return f"{shared}\n{register}\nset +e +o pipefail\nwhile {watched}; do\n{loop}\ndone\n"


def test_a_client_of_curl_is_watched_and_its_faults_are_named(tmp_path):
    junit, xfail = tmp_path / "junit.xml", tmp_path / "xfail"
    xfail.write_text("1.1-content-length-on-get  # curl\n1.1-one-connection\n")
    options = ["--fast", "0.5", "--timeout", "60", "--scenario", "policy", "--xfail", str(xfail)]
    words = ("--json", "mcs", "check-client", *options, "--junit", str(junit))
    with started(tmp_path / "lab", *words) as watcher:
        told = dict(watcher.stderr.readline().split() for _ in range(3))
        variables = {
            "UTMLAB_MCS_URL": told["URL"],
            "UTMLAB_CA_FILE": told["CA"],
            "UTMLAB_TOKEN": told["Token"],
            "WATCHER": str(watcher.pid),
        }
        client = subprocess.Popen(
            ["bash", "-c", curl_client()],
            env={**os.environ, **variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        out, _ = watcher.communicate(timeout=PATIENCE_S)
    client.wait(timeout=PATIENCE_S)
    report = json.loads(out)
    assert schemas.problems(report, schemas.schema("mcs-check-client")) == []
    found = {one["rule"]: one["verdict"] for one in report["findings"]}
    passed = {rule for rule, verdict in found.items() if verdict == "PASS"}
    assert {"1.3-register", "2.1-computer-status", "1.2-basic", "1.9-acknowledge"} <= passed
    assert {"1.9-ack-before-fetch", "2.4-in-force", "2.4-statuses"} <= passed
    assert found["1.1-content-length-on-get"] == found["1.1-one-connection"] == "XFAIL"
    assert found["1.3-flags"] == "FAIL"
    assert found["1.6-503"] == "NOT SEEN"
    assert not report["conforms"]
    assert watcher.returncode == 1
    assert len(ET.parse(junit).findall(".//testcase")) == len(found)
