"""How commands fail: one sentence on standard error, one exit code."""

import json
import sqlite3

import pytest


@pytest.mark.parametrize(
    "words",
    [
        ("utm", "enable"),
        ("utm", "token", "reset"),
        ("group", "create", "X"),
        ("group", "move", "PC-01", "Marketing"),
        ("policy", "block", "x.example"),
        ("endpoint", "browse", "PC-01", "http://x.example/"),
        ("endpoint", "remove", "PC-01"),
        ("command", "send", "PC-01", "scan"),
    ],
)
def test_what_needs_a_running_lab_ends_with_3(lab, words):
    result = lab.run(*words)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.startswith("utmlab: nothing runs on ")
    assert result.stderr.endswith("Start it with `utmlab up`.\n")


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("doctor",),
        ("env",),
        ("ca",),
        ("trace",),
        ("endpoint", "list"),
        ("group", "list"),
        ("policy", "show"),
        ("utm", "status"),
        ("journal",),
    ],
)
def test_a_folder_without_a_lab_ends_with_1(run, tmp_path, words):
    result = run("--data", str(tmp_path), *words)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"utmlab: {tmp_path} holds no lab. ")
    assert not any(tmp_path.iterdir()), "reading makes nothing"


@pytest.mark.parametrize(
    "words",
    [
        ("bogus",),
        ("policy", "test"),
        ("trace", "newest"),
        ("trace", "0"),
        ("policy", "test", "http://x.example/", "--endpoint", "PC-01", "--at", "noon"),
        ("up", "--ports", "1,2"),
        ("up", "--ports", "70000,1,2"),
        ("up", "--timezone", "Mars/Olympus"),
        ("up", "--endpoints", "-1"),
        ("command", "send", "PC-01", "explode"),
        ("log", "lint", "/no/such/file"),
    ],
)
def test_wrong_usage_ends_with_2(run, tmp_path, words):
    result = run("--data", str(tmp_path / "none"), *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("utmlab: ")
    assert "--help` tells how it is used." in result.stderr


def test_an_error_is_a_json_object_when_json_is_wanted(lab):
    result = lab.run("endpoint", "show", "NOBODY", "--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    error = json.loads(result.stderr)
    assert error["schema"] == 1
    assert error["error"]["code"] == "no_such_computer"
    assert error["error"]["exit_code"] == 1


def test_a_usage_error_is_a_json_object_too(run):
    result = run("bogus", "--json")
    assert json.loads(result.stderr)["error"]["code"] == "usage"


def test_global_options_are_accepted_before_and_after(run, lab):
    before = run("--json", "--data", str(lab.data), "group", "list")
    after = run("group", "list", "--data", str(lab.data), "--json")
    assert before.exit_code == after.exit_code == 0
    assert before.stdout == after.stdout


def test_the_data_folder_comes_from_the_environment(run, lab):
    result = run("group", "list", env={"UTMLAB_DATA": str(lab.data)})
    assert "Marketing" in result.stdout


def test_a_degraded_lab_ends_with_5(lab, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(lab.data, copy, symlinks=True)
    with sqlite3.connect(copy / "utm" / "utm.db") as db:
        db.execute("DELETE FROM epsecd_registration")
    result = type(lab)(copy).run("doctor")
    assert result.exit_code == 5, result.output
    assert "not registered" in result.stdout


def test_the_demo_refuses_to_empty_what_is_no_lab(run, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    result = run("demo", "--data", str(tmp_path))
    assert result.exit_code == 1
    assert "holds no lab" in result.stderr
    assert (tmp_path / "thesis.txt").exists()


def test_a_damaged_database_is_told_in_one_sentence(run, lab, tmp_path):
    (tmp_path / "utm").mkdir()
    (tmp_path / "utm" / "utm.db").write_bytes(b"this is no database at all" * 100)
    result = run("--data", str(tmp_path), "utm", "status")
    assert result.exit_code == 1
    assert result.stderr.startswith("utmlab: ")
    assert "Traceback" not in result.stderr


def test_a_lab_file_is_refused_with_nothing_running_too(lab, tmp_path):
    file = tmp_path / "lab.json"
    file.write_text('{"schema": 1, "computers": [{}]}')
    assert "computers[0].name" in lab.run("apply", str(file)).stderr
    file.write_text('{"schema": 1}')
    assert lab.run("apply", str(file)).exit_code == 3
