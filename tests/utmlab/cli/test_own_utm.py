"""`utmlab utm import` with nothing running, as a person uses it."""

import json

import pytest

from tests.utmlab.cli import schemas

ACTION = {
    "_ref": "REF_Odd",
    "_type": "http/cff_action",
    "name": "Odd \x1b[2J",
    "mode": "allow",
    "url_blacklist": ["REF_Gone"],
    "brand_new": 1,
    "av": "perhaps",
}
EXCEPTION = {
    "_ref": "REF_Exc",
    "_type": "http/exception",
    "name": "e",
    "domains": ["*.x.example"],
}


@pytest.fixture
def dump(tmp_path):
    """A folder with something of everything that is told."""
    folder = tmp_path / "dump"
    folder.mkdir()
    unknown = {"_ref": "REF_U", "_type": "http/unheard_of", "name": "u"}
    group = {"_ref": "REF_Theirs", "_type": "epp/endpoints_group", "name": "Default"}
    nodes = {"http.port": 1, "epp.city": "Ulm", "epp.unheard_of": 1, "epp.tamper_password": "x"}
    for name, value in {
        "a": [ACTION, EXCEPTION, unknown, group],
        "b.json": nodes,
        "c.json": [{"msgtype": "X", "name": "No."}],
    }.items():
        (folder / name).write_text(json.dumps(value))
    return folder


def test_what_it_says_is_as_its_schema_says(run, dump, tmp_path):
    for words in (("--dry-run",), (), ()):
        result = run("--data", str(tmp_path / "d"), "utm", "import", str(dump), "--json", *words)
        assert result.exit_code == 0, result.output
        answer = json.loads(result.stdout)
        assert schemas.problems(answer, schemas.schema("utm-import")) == []
        told = ("placeholders", "inactive_patterns", "unknown_classes", "unknown_keys", "refused")
        assert all(answer[name] for name in told)
        assert answer["passed_over"]


def test_a_trial_leaves_everything_and_then_once_is_enough(run, dump, tmp_path):
    def words(*more):
        return run("--data", str(tmp_path / "d"), "utm", "import", str(dump), *more).stdout

    assert "Nothing was changed." in words("--dry-run")
    assert ": change 2." in words()
    assert "There was nothing to change." in words()


def test_each_thing_is_told_in_words(run, dump, tmp_path):
    text = run("--data", str(tmp_path / "d"), "utm", "import", str(dump)).stdout
    for part in (
        "REF_Gone (http/domain_regex), for REF_Odd url_blacklist",
        "REF_Exc domains: *.x.example",
        "http/unheard_of (1)",
        "http/cff_action.brand_new (1)",
        "REF_Odd av: needs true or false",
        "epp.unheard_of",
        "http.port: where the gateway's filter listens",
        "epp.tamper_password",
        "REF_EppEndDefault: gave way to REF_Theirs",
        "c.json: is an error that the appliance answered with: No.",
    ):
        assert part in text
    assert "\x1b" not in text


def test_a_broken_file_is_named(run, dump, tmp_path):
    (dump / "broken.json").write_text("[{")
    result = run("--data", str(tmp_path / "d"), "utm", "import", str(dump))
    assert result.exit_code == 1
    assert "broken.json: no JSON at line 1" in result.stderr


def test_a_policy_can_be_asked_afterwards(run, dump, tmp_path):
    data = ("--data", str(tmp_path / "d"))
    assert run(*data, "utm", "import", str(dump)).exit_code == 0
    result = run(*data, "policy", "test", "http://news.example/", "--group", "Default")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("ALLOW ")


def test_without_a_token_in_the_environment_nobody_is_called(run, tmp_path, monkeypatch):
    monkeypatch.delenv("UTM_API_TOKEN", raising=False)
    result = run("utm", "export", "https://127.0.0.1:1", "--out", str(tmp_path / "x"))
    assert result.exit_code == 2
    assert "UTM_API_TOKEN" in result.stderr
