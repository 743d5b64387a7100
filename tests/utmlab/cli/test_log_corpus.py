"""`utmlab log generate`, `unmangle` and `replay` as a user runs them."""

import json
import socket

import pytest

from tests.utmlab.cli import schemas


def answer(run, name, *words, exit_code=0):
    result = run(*words, "--json")
    assert result.exit_code == exit_code, result.output
    document = json.loads(result.stdout)
    assert schemas.problems(document, schemas.schema(name)) == []
    return document


def test_a_log_is_generated_with_what_is_expected(run, tmp_path):
    words = ("log", "generate", "--scenario", "quic", "--count", "20", "--out", str(tmp_path))
    (made,) = answer(run, "log-generate", *words)["generated"]
    assert (made["lines"], made["defects"], made["corpus"]) == (20, 20, 1)
    lines = (tmp_path / "quic.log").read_text().splitlines()
    records = (tmp_path / "quic.expected.ndjson").read_text().splitlines()
    assert [json.loads(one)["raw"] for one in records] == lines


def test_the_scenarios_are_listed(run):
    listed = answer(run, "log-generate-list", "log", "generate", "--list")["scenarios"]
    by_name = {one["name"]: one for one in listed}
    assert by_name["quic"]["rules"] == ["UL020", "UL075"]
    assert by_name["late-records"]["provenance"] == ["ours"]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--scenario", "nonsense", "--out", "x"),
        ("--scenario", "quic"),
        ("--scenario", "quic", "--out", "x", "--provenance", "guessed"),
        ("--scenario", "quic", "--out", "x", "--transport", "pigeon"),
    ],
)
def test_a_wrong_order_is_refused(run, words):
    assert run("log", "generate", *words).exit_code == 2


def test_a_selection_that_leaves_nothing_fails(run, tmp_path):
    words = ("--scenario", "D16", "--provenance", "seed", "--out", str(tmp_path))
    result = run("log", "generate", *words)
    assert result.exit_code == 1
    assert "late-records has no line of provenance seed" in result.stderr


def test_of_several_scenarios_those_without_such_lines_are_left_out(run, tmp_path):
    words = ("log", "generate", "--scenario", "late-records,quic", "--count", "20")
    kept = (*words, "--provenance", "seed,public", "--out", str(tmp_path))
    made = answer(run, "log-generate", *kept)["generated"]
    assert [one["scenario"] for one in made] == ["quic"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["quic.expected.ndjson", "quic.log"]
    assert "late-records has no line of provenance public, seed" in run(*kept).stderr


def test_several_scenarios_that_leave_nothing_fail(run, tmp_path):
    words = ("--scenario", "late-records,quic", "--provenance", "seed", "--out", str(tmp_path))
    assert run("log", "generate", *words).exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_unmangle_gives_back_what_a_twin_hides(run, tmp_path):
    out = str(tmp_path)
    run("log", "generate", "--scenario", "normal-day", "--transport", "mangled", "--out", out)
    result = run("log", "unmangle", str(tmp_path / "normal-day.mangled.log"))
    assert result.exit_code == 0
    assert result.stdout == (tmp_path / "normal-day.log").read_text()
    assert result.stderr == ""


def test_unmangle_tells_what_is_gone(run):
    result = run("log", "unmangle", "-", input="hello\n")
    assert result.exit_code == 1
    assert result.stdout == "hello\n"
    assert "-:1: no line of a UTM is in it" in result.stderr


def test_unmangle_answers_as_its_schema_says(run, tmp_path):
    file = tmp_path / "x.log"
    file.write_text("hello\n")
    (one,) = answer(run, "log-unmangle", "log", "unmangle", str(file), exit_code=1)["files"]
    assert one["troubles"][0]["trouble"] == "no_line"


def test_replay_sends_as_many_as_wanted(run, tmp_path):
    run("log", "generate", "--scenario", "endpoint-sync", "--out", str(tmp_path))
    with socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(60)
        place = f"127.0.0.1:{receiver.getsockname()[1]}"
        words = ("log", "replay", str(tmp_path / "endpoint-sync.log"), "--to", place)
        document = answer(run, "log-replay", *words, "--speed", "max", "--count", "3")
        assert document["sent"] == 3
        lines = (tmp_path / "endpoint-sync.log").read_bytes().splitlines()[:3]
        assert [receiver.recv(65_535) for _ in lines] == [b"<30>" + line for line in lines]


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (("--to", "nowhere"), 2),
        (("--to", "127.0.0.1:9", "--speed", "0"), 2),
        (("--to", "127.0.0.1:9", "--framing", "octet"), 2),
        (("--to", "127.0.0.1:9", "--now", "--tz", "Moon/Base"), 2),
        (("--to", "192.0.2.1:514"), 1),
    ],
)
def test_a_wrong_replay_is_refused(run, tmp_path, words, exit_code):
    file = tmp_path / "x.log"
    file.write_text("x\n")
    assert run("log", "replay", str(file), *words).exit_code == exit_code
