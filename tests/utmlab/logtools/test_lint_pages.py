"""Every rule has a page; its bad sample is found by the rule, and by lint's own words."""

import io
import re
from pathlib import Path

import pytest

from utmlab.logtools.lint import Linter
from utmlab.logtools.reading import split_lines
from utmlab.logtools.rules import RULES

FOLDER = Path(__file__).parents[3] / "docs" / "lint"
SAMPLE = re.compile(r"^```\n(.*?)\n?```$", re.MULTILINE | re.DOTALL)


def page(rule):
    return (FOLDER / f"{rule.code}.md").read_text("utf-8")


def sample(rule):
    text = SAMPLE.search(page(rule))[1]
    data = text.encode().replace(rb"\r", b"\r").replace(rb"\xe7", b"\xe7")
    return data if rule.name == "no_line_feed" else data + b"\n"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_a_page_with_sample_cause_and_cure(rule):
    text = page(rule)
    assert text.startswith(f"# {rule.code}: {rule.title}\n\nName `{rule.name}`; {rule.severity}")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Bad sample", "Cause", "Cure"]


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.name != "archive_damaged"], ids=lambda rule: rule.code
)
def test_the_bad_sample_of_a_page_is_found_by_its_rule(rule):
    linter = Linter(frozenset({rule.name}))
    found = list(linter.lint(split_lines(io.BytesIO(sample(rule)))))
    assert {(one.rule, one.code, one.severity) for one in found} == {
        (rule.code, rule.name, rule.severity)
    }


@pytest.mark.parametrize(
    "rule",
    [rule for rule in RULES if rule.severity == "error" and rule.name != "archive_damaged"],
    ids=lambda rule: rule.code,
)
def test_the_bad_sample_of_an_error_is_that_error_alone(rule):
    found = list(Linter().lint(split_lines(io.BytesIO(sample(rule)))))
    assert {one.code for one in found if one.severity == "error"} == {rule.name}


def test_there_is_no_page_without_a_rule_and_the_index_names_them_all():
    pages = {path.stem for path in FOLDER.glob("UL*.md")}
    assert pages == {rule.code for rule in RULES}
    index = (FOLDER / "README.md").read_text("utf-8")
    rows = re.findall(
        r"^\| \[(UL\d+)\]\(\1\.md\) \| `(\w+)` \| (\w+).*\| (.+) \|$", index, re.MULTILINE
    )
    assert rows == [(rule.code, rule.name, rule.severity, rule.title) for rule in RULES]


def test_numbers_and_names_are_unique_and_stay_in_order():
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert len({rule.name for rule in RULES}) == len(RULES)
