"""What the doctor says, from what is stored."""

from datetime import UTC, datetime

import pytest

from utmlab.doctor import (
    endpoint_findings,
    environment_findings,
    examine,
    running_findings,
    utm_findings,
)
from utmlab.errors import NothingStoredError
from utmlab.places import Places

NOW = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)
WELL = {
    "enabled": True,
    "registered": True,
    "utm_id": "utm-1",
    "link_down_since": None,
    "changeset": 7,
    "waiting": None,
    "log_lines_waiting": 0,
}
PC = {
    "name": "PC-01",
    "removed": False,
    "statuses": {},
    "compliant": True,
    "complies_with": 7,
}


def levels(findings):
    return {finding.subject: finding.level for finding in findings}


def said(findings, subject):
    return next(finding.sentence for finding in findings if finding.subject == subject)


def utm(**changes):
    return list(utm_findings(WELL | changes, NOW))


def endpoints(**changes):
    return list(endpoint_findings([PC | changes], 7))


def test_a_lab_that_is_well_has_no_complaint():
    assert levels(utm()) == {"link": "ok", "changeset": "ok"}
    assert levels(endpoints()) == {"PC-01": "ok"}


def test_switched_off_and_not_registered_are_told_apart():
    assert levels(utm(enabled=False, registered=False))["utm"] == "warning"
    assert levels(utm(registered=False))["utm"] == "error"


def test_a_link_that_is_down_says_since_when():
    found = utm(link_down_since="2026-11-20T12:00:00+00:00")

    assert levels(found)["link"] == "error"
    assert "since 12:00:00 UTC (30.0 s)" in said(found, "link")


@pytest.mark.parametrize(
    ("since", "age"),
    [
        ("2026-11-20T11:50:30+00:00", "(10 min)"),
        ("2026-11-20T02:00:30+00:00", "(10.0 h)"),
        ("2026-11-20T13:00:00+00:00", "(0.0 s)"),
    ],
)
def test_an_age_is_told_in_its_own_unit_and_never_below_zero(since, age):
    assert age in said(utm(link_down_since=since), "link")


def test_what_waits_is_named_with_what_holds_meanwhile():
    waiting = {"changeset": 8, "since": "2026-11-20T12:00:20+00:00", "enforced_meanwhile": 7}
    found = utm(waiting=waiting)

    assert levels(found)["changeset"] == "warning"
    assert said(found, "changeset").startswith("changeset 8 waits")
    assert said(found, "changeset").endswith("endpoints enforce changeset 7")


def test_log_lines_that_wait_for_the_disk_are_counted():
    assert said(utm(log_lines_waiting=3), "logs").startswith("3 log lines")


def test_a_policy_that_was_refused_is_an_error_with_its_reason():
    statuses = {"SWC": {"res": "Diff", "details": {"reason": "policy_truncated"}}}
    found = endpoints(statuses=statuses, compliant=False)

    assert levels(found) == {"PC-01": "error"}
    assert "SWC (policy_truncated)" in said(found, "PC-01")


def test_who_is_behind_is_a_warning_with_what_it_enforces():
    behind = endpoints(compliant=False, complies_with=6)
    silent = endpoints(compliant=False, complies_with=None)

    assert levels(behind) == {"PC-01": "warning"}
    assert "enforces changeset 6" in said(behind, "PC-01")
    assert "none that it reported" in said(silent, "PC-01")


@pytest.mark.parametrize(
    ("lab", "house", "worst", "said"),
    [
        (7, 7, "ok", ["runs as process 7"]),
        (None, None, "ok", ["nothing runs; this is the stored state"]),
        (7, None, "error", ["runs as process 7", "LiveConnect does not run, though the lab does"]),
        (None, 8, "warning", ["nothing runs", "LiveConnect runs without its lab, as process 8"]),
    ],
)
def test_a_house_that_died_or_was_left_behind_is_named(lab, house, worst, said):
    findings = list(running_findings(lab, {"LiveConnect": house}))

    assert [one.sentence[: len(text)] for one, text in zip(findings, said, strict=True)] == said
    assert findings[-1].level == worst


def test_computers_of_one_name_are_told_apart_by_their_ids():
    findings = list(endpoint_findings([PC | {"id": "E1"}, PC | {"id": "E2"}], 7))

    assert levels(findings) == {"PC-01 E1": "ok", "PC-01 E2": "ok"}


def test_a_removed_computer_is_told_so_whatever_it_reported():
    assert "removed" in said(endpoints(removed=True, compliant=False), "PC-01")


def test_another_distribution_that_installs_utm_is_an_error():
    assert list(environment_findings({"utm": ["utmlab"]})) == []
    (finding,) = environment_findings({"utm": ["utm", "utmlab"]})
    assert (finding.level, "environment of its own" in finding.sentence) == ("error", True)


def test_a_folder_without_a_lab_is_named(tmp_path):
    with pytest.raises(NothingStoredError, match=str(tmp_path)):
        examine(Places.of(tmp_path / "nothing"), NOW)
