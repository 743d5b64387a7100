"""Long lists in a form: which line is refused, where, and what was meant."""

import pytest

from utm.webadmin.pages.web_patterns import (
    MOST_LINES,
    lines_problem,
    pattern_problem,
    site_problem,
)


def test_a_refused_pattern_is_told_with_its_line_place_and_what_was_meant():
    problem = lines_problem(["^https?://ok/", "*.example.com"], pattern_problem)

    assert problem.startswith("Line 2: “*.example.com”, character 1: ")
    assert "*.example.com" in problem
    assert "perhaps ^https?://" in problem


def test_every_bad_line_is_told_at_once_and_many_are_counted():
    problem = lines_problem([f"*.site-{number}" for number in range(30)], pattern_problem)

    assert problem.count("Line ") == 20
    assert problem.endswith("and 10 more lines")


def test_what_was_stored_before_is_not_judged_again():
    assert lines_problem(["(?=old)", "fine"], pattern_problem, ["(?=old)"]) == ""
    assert lines_problem(["(?=new)"], pattern_problem, ["(?=old)"])


def test_a_list_is_bounded():
    assert lines_problem(["a"] * MOST_LINES, pattern_problem) == ""
    assert "10,001 lines" in lines_problem(["a"] * (MOST_LINES + 1), pattern_problem)


@pytest.mark.parametrize(
    "site", ["example.com", "example.com/blog", "EXAMPLE.com", "192.0.2.1", "b\u00fccher.example"]
)
def test_a_host_with_or_without_a_path_is_a_site(site):
    assert site_problem(site) == ""


@pytest.mark.parametrize("site", ["not a site", "<script>", "not a " + "x" * 1000, "\u0000"])
def test_what_is_no_host_is_no_site(site):
    assert "is no host name" in site_problem(site)
    assert len(site_problem(site)) < 300
