"""`utmlab policy lint` and `utmlab policy switch`, on the demo's data folder."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from foundation.webfilter.switches import SWITCHES
from utmlab.places import Places
from utmlab.stored import open_utm

SCHEMAS = Path(__file__).parents[3] / "docs" / "schemas"


def required(name, *path):
    rule = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    for step in path:
        rule = rule["properties"][step]["items"]
    return set(rule["required"])


def test_findings_have_a_code_an_object_and_a_sentence(lab):
    document = lab.json("policy", "lint")
    assert set(document) == required("policy-lint")
    for each in document["findings"]:
        assert set(each) == required("policy-lint", "findings")
        assert each["code"]
        assert each["ref"].startswith("REF_")
        assert each["sentence"]


def test_each_finding_is_one_line(lab):
    findings = lab.json("policy", "lint")["findings"]
    lines = lab.text("policy", "lint").splitlines()
    assert lines == [f"{f['ref']} ({f['name']}): {f['code']}: {f['sentence']}" for f in findings]


def test_a_group_is_named_by_name_or_reference(lab):
    with closing(open_utm(Places.of(lab.data))) as utm:
        refs = {one["name"]: one["ref"] for one in utm.groups()}
    for name in ("Marketing", refs["Marketing"]):
        assert lab.json("policy", "lint", "--group", name)["group_ref"] == refs["Marketing"]


def test_strict_ends_with_1_when_something_is_found(lab):
    found = lab.json("policy", "lint")["findings"]
    assert lab.run("policy", "lint", "--strict").exit_code == (1 if found else 0)


def test_every_switch_is_shown_with_its_value(lab):
    rows = lab.json("policy", "switch")["switches"]
    assert [row["name"] for row in rows] == list(SWITCHES)
    assert all(set(row) == required("policy-switches", "switches") for row in rows)


def test_one_switch_is_shown_with_its_choices(lab):
    text = lab.text("policy", "switch", "https_sees")
    assert text.startswith("https_sees = host")
    assert "[host, url]" in text
    assert "source: public" in text


def test_a_switch_that_does_not_exist_is_a_usage_error(lab):
    result = lab.run("policy", "switch", "no_such")
    assert result.exit_code == 2
    assert "https_sees" in result.output


@pytest.mark.parametrize("name", ["policy-lint", "policy-switch", "policy-switches"])
def test_the_schemas_begin_with_the_version(name):
    assert json.loads((SCHEMAS / f"{name}.schema.json").read_text())["required"][0] == "schema"
