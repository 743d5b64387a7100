"""Every JSON answer is as docs/schemas says."""

import json

import pytest

from tests.utmlab.cli import schemas
from utmlab.redrive import RedriveReport, Step
from utmlab.redrive.comparing import Difference

STORED = {
    "status": ("status",),
    "doctor": ("doctor",),
    "env": ("env", "--secrets", "--endpoint", "PC-01"),
    "ca": ("ca",),
    "utm": ("utm", "status"),
    "token": ("utm", "token", "show"),
    "group-list": ("group", "list"),
    "endpoint-list": ("endpoint", "list"),
    "endpoint-show": ("endpoint", "show", "PC-01"),
    "endpoint-services": ("endpoint", "services", "PC-01"),
    "policy-show": ("policy", "show"),
    "policy-test": ("policy", "test", "http://games.example/", "--endpoint", "PC-01"),
    "trace": ("trace", "--lines"),
    "log-lines": ("log", "tail", "epsecd"),
    "lab": ("export",),
    "fault-effects": ("fault", "effects"),
    "fault-scenarios": ("fault", "scenarios"),
    "log-operations": ("log", "operations"),
    "log-explain": ("log", "explain", "4233"),
    "journal": ("journal", "--decoded", "-n", "50"),
}


@pytest.mark.parametrize("name", STORED)
def test_an_answer_is_as_its_schema_says(lab, name):
    assert schemas.problems(lab.json(*STORED[name]), schemas.schema(name)) == []


def test_a_computer_that_is_not_installed_is_as_the_schema_says(lab):
    answer = lab.json("endpoint", "show", "PC-99")
    assert schemas.problems(answer, schemas.schema("endpoint-show")) == []


def test_a_recording_and_what_a_replay_of_it_finds_are_as_their_schemas_say(lab, tmp_path):
    file = tmp_path / "recorded"
    answer = lab.json("journal", "record", str(file))
    assert answer["exchanges"] > 0
    assert schemas.problems(answer, schemas.schema("journal-record")) == []
    steps = (
        Step(1, "GET /", (Difference("status", "200", "503"),)),
        Step(2, "GET /", not_sent="x"),
    )
    replayed = {"schema": 1, **RedriveReport(steps).as_record()}
    assert schemas.problems(replayed, schemas.schema("mcs-replay")) == []


def test_snapshots_are_as_their_schemas_say(lab):
    for schema, words in {
        "snapshot-save": ("save", "one"),
        "snapshot-list": ("list",),
        "snapshot-name": ("load", "one"),
    }.items():
        answer = lab.json("snapshot", *words)
        assert schemas.problems(answer, schemas.schema(schema)) == []
    assert lab.json("snapshot", "delete", "one")["name"] == "one"
    assert lab.json("snapshot", "list")["snapshots"] == []


def test_a_bundle_is_as_its_schema_says(lab, tmp_path):
    answer = lab.json("doctor", "--bundle", str(tmp_path / "bundle.tar.gz"))
    assert schemas.problems(answer, schemas.schema("doctor-bundle")) == []


def test_lint_is_as_its_schema_says(lab, tmp_path):
    file = tmp_path / "odd.log"
    file.write_text("no line\n")
    answer = lab.json("log", "lint", "--fix", str(file), exit_code=1)
    assert schemas.problems(answer, schemas.schema("log-lint")) == []


def test_a_report_is_as_its_schema_says(lab):
    answer = lab.json("log", "report", str(lab.data / "logs"))
    assert schemas.problems(answer, schemas.schema("log-report")) == []


def test_an_explained_line_is_as_its_schema_says(lab):
    line = lab.text("log", "tail", "epsecd", "-n", "1")
    answer = lab.json("log", "explain", line)
    assert schemas.problems(answer, schemas.schema("log-explain")) == []


def test_an_error_is_as_its_schema_says(lab):
    result = lab.run("trace", "99", "--json")
    assert schemas.problems(json.loads(result.stderr), schemas.schema("error")) == []


@pytest.mark.parametrize("path", sorted(schemas.FOLDER.glob("*.json")), ids=lambda one: one.stem)
def test_every_schema_begins_with_the_version(path):
    content = json.loads(path.read_text())
    assert content["required"][0] == "schema"
    assert content["properties"]["schema"] == {"const": 1}


def test_what_is_wrong_is_seen():
    rule = schemas.schema("ca")
    assert "$.schema: 2 is not 1" in schemas.problems({"schema": 2}, rule)
    assert "$: pem is missing" in schemas.problems({"schema": 1}, rule)
