"""`utmlab policy test`, `diff` and `replay`, on the demo's data folder with nothing running."""

import csv
import gzip
import io
from dataclasses import replace

import pytest

from foundation.webfilter.policy import WebException
from tests.utmlab.cli import schemas
from utmlab.cli.policy_test import chosen_policy

GAMES = "http://games.example/"
CHANGED_BY_THE_DEMO = ("//news.example/", "//sport.example/")


@pytest.fixture
def urls(tmp_path):
    file = tmp_path / "urls"
    file.write_text(f"# a list\n{GAMES}\n\nhttp://wiki.example/a,b\n", encoding="utf-8")
    return str(file)


@pytest.fixture
def document(lab, tmp_path):
    file = tmp_path / "default.xml"
    file.write_bytes(lab.run("policy", "show", "Default", "--xml").stdout_bytes)
    return str(file)


def test_a_verdict_ends_with_what_would_turn_it(lab):
    lines = lab.text("policy", "test", GAMES, "--endpoint", "PC-01").splitlines()
    assert (
        'would change if filter action "Everybody" (REF_HttCffEverybody) '
        "allowed category 116 Games: ALLOW"
    ) in lines


@pytest.mark.parametrize(
    ("criterion", "action"),
    [
        ({"users": ("PC-01\\user",)}, "ALLOW"),
        ({"users": ("PC-01\\other",)}, "BLOCK"),
        ({"networks": ("127.0.0.0/8",)}, "ALLOW"),
        ({"networks": ("10.0.0.0/8",)}, "BLOCK"),
    ],
)
def test_a_computer_is_asked_about_as_its_own_browser_and_user(lab, monkeypatch, criterion, action):
    skipping = WebException(ref="REF_E", skip=("url_filter",), **criterion)

    def with_it(*words, **named):
        chosen = chosen_policy(*words, **named)
        return replace(chosen, policy=replace(chosen.policy, exceptions=(skipping,)))

    monkeypatch.setattr("utmlab.cli.policy_test.chosen_policy", with_it)
    answer = lab.text("policy", "test", GAMES, "--endpoint", "PC-01")
    assert answer.startswith(f"{action} games.example")


def test_a_group_and_a_document_decide_like_the_computer(lab, document):
    first = lab.text("policy", "test", GAMES, "--endpoint", "PC-01").splitlines()[0]
    assert lab.text("policy", "test", GAMES, "--group", "Default").splitlines()[0] == first
    assert lab.text("policy", "test", GAMES, "--policy", document).splitlines()[0] == first


def test_a_changeset_decides_as_it_was_sent(lab):
    words = ("policy", "test", GAMES, "--policy", "changeset:2/Default")
    assert lab.text(*words).startswith("BLOCK games.example")
    assert lab.run("policy", "test", GAMES, "--policy", "changeset:99/Default").exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        (GAMES,),
        (GAMES, "--endpoint", "PC-01", "--group", "Default"),
        ("--endpoint", "PC-01"),
        (GAMES, "--endpoint", "PC-01", "--csv"),
        (GAMES, "--endpoint", "PC-01", "--switch", "https_sees=everything"),
        (GAMES, "--endpoint", "PC-01", "--switch", "no_such_switch=true"),
    ],
)
def test_a_question_that_is_not_clear_is_a_usage_error(lab, words):
    assert lab.run("policy", "test", *words).exit_code == 2


def test_another_reading_is_tried(lab):
    words = ("policy", "test", "http://training.games.example/", "--endpoint", "PC-01")
    assert lab.text(*words).startswith("ALLOW")
    assert lab.text(*words, "--switch", "url_filter_skip=categories").startswith("ALLOW")


def test_a_list_is_answered_line_by_line(lab, urls):
    lines = lab.text("policy", "test", "--urls", urls, "--group", "Default").splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["BLOCK", GAMES],
        ["ALLOW", "http://wiki.example/a,b"],
    ]


def test_a_list_from_standard_input_is_answered_as_csv(lab):
    words = ("policy", "test", "--urls", "-", "--csv", "--endpoint", "PC-01")
    result = lab.run(*words, input=f"{GAMES}\nhttp://wiki.example/\n")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["url"], row["action"], row["log_id"]) for row in rows] == [
        (GAMES, "block", "0060"),
        ("http://wiki.example/", "allow", "0001"),
    ]
    assert "2 URLs under endpoint PC-01: 1 allow, 0 warn, 1 block" in result.stderr


def test_each_line_may_have_its_own_expectation_user_and_time(lab):
    words = ("policy", "test", "--urls", "-", "--csv", "--endpoint", "PC-01")
    listed = (
        "User,URL,Expect,At\n"
        f"LAB\\ann,{GAMES},block,2026-11-20T14:30\n"
        f",{GAMES},allow,\n"
        ',"http://wiki.example/a,b",,\n'
    )
    result = lab.run(*words, input=listed)
    assert result.exit_code == 1
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["as_expected"] for row in rows] == ["yes", "no", ""]
    assert (rows[0]["user"], rows[0]["at"][:16]) == ("LAB\\ann", "2026-11-20T14:30")
    assert rows[2]["url"] == "http://wiki.example/a,b"
    assert lab.run(*words, input=listed.replace("allow", "block")).exit_code == 0


def test_one_expectation_for_all_lines(lab, urls):
    words = ("policy", "test", "--urls", urls, "--endpoint", "PC-01", "--expect")
    assert lab.run(*words, "block").exit_code == 1
    assert "1 not as expected" in lab.run(*words, "block").stderr


@pytest.mark.parametrize(
    "listed", ["url,expect\nhttp://a.example/,never\n", "url,at\nhttp://a.example/,noon\n"]
)
def test_a_list_that_cannot_be_understood_names_the_line(lab, listed):
    result = lab.run("policy", "test", "--urls", "-", "--endpoint", "PC-01", input=listed)
    assert result.exit_code == 1
    assert "line 2" in result.stderr


def test_diff_tells_the_rule_from_which_on_two_groups_differ(lab, urls):
    result = lab.run("policy", "diff", "Default", "group:Marketing", "--urls", urls)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"BLOCK -> ALLOW  {GAMES}",
        (
            "    a: category 116 Games: match REF_HttCffEverybody mode allow blocks the listed "
            "categories"
        ),
        "    b: category 116 Games: no match REF_HttCffMarkeSites mode allow lets it pass",
    ]
    assert "1 of 2 verdicts change from group Default to group Marketing" in result.stderr


def test_diff_of_two_changesets_finds_the_demos_edit(lab, tmp_path):
    file = tmp_path / "urls"
    file.write_text("http://news.example/\n")
    newest = lab.json("trace")["changeset"]
    words = ("policy", "diff", "changeset:1/Default", f"changeset:{newest}", "--urls", str(file))
    changed = lab.json(*words)["changed"]
    assert [one["b"]["reason"] for one in changed] == ["blacklist"]


def test_the_gateways_own_filter_is_a_policy_too(lab, urls):
    result = lab.run("policy", "diff", "Default", "gateway", "--urls", urls)
    assert "1 of 2 verdicts change from group Default to gateway" in result.stderr
    answer = lab.json("policy", "test", GAMES, "--policy", "gateway")
    assert answer["policy"] == {"kind": "gateway", "name": ""}
    assert schemas.problems(answer, schemas.schema("policy-test")) == []


def test_diff_fails_on_a_change_when_asked(lab, urls, document):
    words = ("policy", "diff", "PC-01", "PC-02", "--urls", urls, "--fail-on-change")
    assert lab.run(*words).exit_code == 1
    same = ("policy", "diff", "PC-01", document, "--urls", urls, "--fail-on-change")
    assert lab.run(*same).exit_code == 0


@pytest.mark.parametrize("word", ["Nobody", "endpoint:PC-77", "changeset:x", "changeset:1/None"])
def test_diff_says_when_a_word_names_no_policy(lab, urls, word):
    assert lab.run("policy", "diff", "PC-01", word, "--urls", urls).exit_code == 1


def test_replay_of_what_a_computer_did_agrees_with_its_own_policy(lab):
    log = str(lab.data / "logs" / "utm" / "eplog.log")
    words = ("policy", "replay", log, "--endpoint", "PC-02", "--profile", "Marketing endpoints")
    document = lab.json(*words, "--min-agreement", "100")
    assert document["compared"] > 0
    assert document["agreement_percent"] == 100


def test_replay_of_the_other_computer_agrees_but_for_what_was_changed_meanwhile(lab, tmp_path):
    log = lab.data / "logs" / "utm" / "eplog.log"
    lines = log.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not any(host in line for host in CHANGED_BY_THE_DEMO)]
    packed = tmp_path / "eplog-2026-11-20.log.gz"
    packed.write_bytes(gzip.compress("".join(kept).encode()))
    words = ("policy", "replay", str(packed), "--endpoint", "PC-01", "--profile", "Endpoints")
    document = lab.json(*words, "--min-agreement", "100")
    assert document["compared"] >= 5
    assert document["agreement_percent"] == 100


def test_replay_shows_the_rules_that_differ_and_fails_below_the_minimum(lab):
    log = str(lab.data / "logs" / "utm" / "eplog.log")
    result = lab.run("policy", "replay", log, "--group", "Marketing", "--min-agreement", "99")
    assert result.exit_code == 1
    assert "block (category) in the log, allow by no rule (category 116 Games)" in result.stdout
    assert "99 % were asked for" in result.stderr


def test_replay_without_any_web_line_is_no_agreement(lab):
    log = str(lab.data / "logs" / "utm" / "epsecd.log")
    words = ("policy", "replay", log, "--endpoint", "PC-01")
    assert lab.run(*words).exit_code == 0
    assert lab.run(*words, "--min-agreement", "0").exit_code == 1


ANSWERS = {
    "policy-test": ("test", GAMES, "--group", "Default"),
    "policy-test-list": ("test", "--group", "Default", "--urls"),
    "policy-diff": ("diff", "PC-01", "PC-02", "--urls"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_as_its_schema_says(lab, urls, name):
    words = ANSWERS[name] + ((urls,) if ANSWERS[name][-1] == "--urls" else ())
    assert schemas.problems(lab.json("policy", *words), schemas.schema(name)) == []


def test_a_replay_is_as_its_schema_says(lab):
    log = str(lab.data / "logs" / "utm" / "eplog.log")
    answer = lab.json("policy", "replay", log, "--group", "Marketing")
    assert answer["rules"]
    assert schemas.problems(answer, schemas.schema("policy-replay")) == []
