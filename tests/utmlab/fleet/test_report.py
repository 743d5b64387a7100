"""A report stands alone, and the numbers in it are those of the run."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from utmlab.fleet.report import report
from utmlab.fleet.summary import Run, as_record
from utmlab.fleet.tally import Tally


def a_run(tally):
    return Run(
        url="https://mcs.example/<b>",
        agents=1200,
        processes=2,
        mix={"steady": 1.0},
        seed=1,
        began_at=datetime(2026, 11, 20, 12, tzinfo=UTC),
        elapsed_s=60.0,
        cpu_s=3.25,
        tally=tally,
    )


def a_tally():
    tally = Tally()
    for number in range(300):
        tally.answered("poll", "200", 0.001 * (number + 1), 100 + number / 10)
    tally.answered("poll", "401", 0.01, 101)
    tally.unanswered("policy", "reset", 102)
    spread = tally.spread("rev", "SWC", 0.0)
    spread.enforced_s += [number / 10 for number in range(1, 201)]
    return tally


def test_a_report_has_every_plot_and_asks_nobody_for_anything():
    page = report(a_run(a_tally()))
    for title in ("How long answers took", "How policies spread", "Answers per second", "Latency"):
        assert title in page
    assert "policy: reset" in page
    assert "last 20 s" in page
    assert "<b>" not in re.sub(r'<div class="fact"><b>', "", page)
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", page)
    assert "prefers-color-scheme: dark" in page


def test_every_picture_is_well_formed_and_has_a_label():
    pictures = re.findall(r"<svg.*?</svg>", report(a_run(a_tally())), re.DOTALL)
    assert len(pictures) == 5
    for one in pictures:
        assert ET.fromstring(one).get("aria-label")


def test_a_run_in_which_nothing_happened_is_told_too():
    page = report(a_run(Tally()))
    assert "<svg" not in page
    assert "0 s" in page


def test_the_record_says_how_a_policy_spread():
    (policy,) = as_record(a_run(a_tally()))["policies"]
    enforced = policy["enforced"]
    assert (policy["app"], enforced["agents"], enforced["last_s"]) == ("SWC", 200, 20.0)
    assert enforced["p99_s"] == 19.9
    assert policy["reported"]["agents"] == 0
