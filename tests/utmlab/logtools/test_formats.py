"""The same findings for GitHub, SARIF and JUnit; and the command's options and exit codes."""

import json
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from utmlab.cli.root import root
from utmlab.logtools.findings import Finding
from utmlab.logtools.formats.github import github_command
from utmlab.logtools.rules import RULES

GOOD = (
    '2018:07:26-17:57:33 filter epsecd[5666]: I id="4211" severity="info" sys="System" '
    'sub="epsecd" name="Received report(s) from Sophos LiveConnect"\n'
)


@pytest.fixture
def bad(tmp_path):
    file = tmp_path / "a, b & <c>.log"
    file.write_text(GOOD.replace("info", "chatty") + "no line \x1b[31m & <that>\n<30>" + GOOD)
    return file


def lint(*words, **rest):
    return CliRunner().invoke(root, ["log", "lint", *map(str, words)], **rest)


def test_text_ends_with_a_summary_by_rule(bad):
    result = lint(bad)
    assert result.exit_code == 1
    assert f"{bad}:1:0: warning: 'chatty' is no known severity [UL045 severity]" in result.stdout
    assert "3 lines, 1 errors, 1 warnings, 1 notes" in result.stderr
    assert "UL001 error         1 line  The line does not begin with a stamp" in result.stderr


def test_github_commands_are_one_line_each_and_escaped(bad):
    lines = lint("--format", "github", bad).stdout.splitlines()
    assert [one.split(" ")[0] for one in lines] == ["::warning", "::error", "::notice"]
    assert f"file={str(bad).replace(',', '%2C')},line=2,col=1,title=UL001 stamp::" in lines[1]
    finding = Finding(severity="error", code="c", rule="UL001", line=1, column=0, message="a\nb%")
    assert github_command("f", finding).endswith("::a%0Ab%25")


def test_sarif_names_rule_place_and_level(bad):
    result = lint("--format", "sarif", bad)
    run = json.loads(result.stdout)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == [rule.code for rule in RULES]
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [
        ("UL045", "warning"),
        ("UL001", "error"),
        ("UL017", "note"),
    ]
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
        assert one["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1


def test_junit_fails_the_cases_of_errors_only(bad):
    document = ET.fromstring(lint("--format", "junit", bad).stdout.encode())
    (suite,) = document
    assert suite.attrib["name"] == str(bad)
    assert (suite.attrib["tests"], suite.attrib["failures"]) == (str(len(RULES)), "1")
    failed = [case.attrib["classname"] for case in suite if case.find("failure") is not None]
    told = [case.attrib["classname"] for case in suite if case.find("system-out") is not None]
    assert (failed, told) == (["UL001"], ["UL017", "UL045"])


def test_json_has_rules_and_counts(bad):
    report = json.loads(lint("--format", "json", bad).stdout)["files"][0]
    assert [one["rule"] for one in report["findings"]] == ["UL045", "UL001", "UL017"]
    assert report["summary"]["rules"] == {"UL001": 1, "UL017": 1, "UL045": 1}


def test_select_and_ignore(bad):
    assert lint("--select", "UL04,UL017", bad).exit_code == 0
    assert lint("--ignore", "stamp", bad).exit_code == 0
    assert lint("--quiet", "--ignore", "UL001,UL045", bad).stdout == ""


def test_an_unknown_rule_is_refused(bad):
    result = lint("--select", "UL99", bad)
    assert result.exit_code == 2
    assert "No rule is called 'UL99'" in result.stderr


def test_fix_goes_with_text_and_json_only(bad):
    assert lint("--fix", "--format", "sarif", bad).exit_code == 2


def test_standard_input_is_linted_in_every_format():
    for form in ("text", "json", "github", "sarif", "junit"):
        assert lint("--format", form, "-", input=GOOD).exit_code == 0
