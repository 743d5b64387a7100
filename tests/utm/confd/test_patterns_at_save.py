"""Patterns that RE2 refuses: rejected when they are saved, kept when they are imported."""

import pytest

from utm.confd import AttributeRefusedError, PatternNotAcceptedError

MEANT = r"^https?://([A-Za-z0-9.-]*\.)?example\.com/"


def exception(appliance, *patterns):
    return appliance.create("http", "exception", name="Downloads", domains=list(patterns))


def test_a_wildcard_is_refused_with_reason_position_and_what_was_meant(appliance):
    before = appliance.stored()
    with pytest.raises(PatternNotAcceptedError) as refused:
        exception(appliance, "^https?://ok\\.example/", "*.example.com")
    error = refused.value
    assert (error.code, error.attribute, error.pattern) == (
        "pattern_refused",
        "domains",
        "*.example.com",
    )
    assert "no argument for repetition operator" in error.reason
    assert (error.position, error.suggestion) == (0, MEANT)
    assert "at character 1" in str(error)
    assert MEANT in str(error)
    assert appliance.stored() == before


@pytest.mark.parametrize(
    ("pattern", "position"),
    [("^http://a(?=b)", 9), ("^http://(?<!x)y", 8), ("^(a)\\1", 4), ("(", 0), ("", 0)],
)
def test_what_re2_cannot_do_is_refused_where_it_stands(appliance, pattern, position):
    with pytest.raises(PatternNotAcceptedError) as refused:
        appliance.create("http", "domain_regex", name="x", mode="Regex", regexps=[pattern])
    assert refused.value.position == position


def test_a_pattern_is_refused_when_it_is_changed_too(appliance):
    ref = exception(appliance, "^https?://ok\\.example/")
    with pytest.raises(AttributeRefusedError):
        appliance.change(ref, domains=["*.example.com"])
    assert appliance.confd.get(ref).texts("domains") == ("^https?://ok\\.example/",)


def test_an_import_keeps_a_pattern_that_re2_refuses(appliance):
    ref = appliance.bring_in("http", "exception", name="x", domains=["*.example.com"])
    assert appliance.confd.get(ref).texts("domains") == ("*.example.com",)


def test_an_imported_pattern_does_not_lock_its_object(appliance):
    ref = appliance.bring_in("http", "exception", name="x", domains=["*.example.com"])
    appliance.change(ref, status=True, domains=["*.example.com", "^https?://ok\\.example/"])
    with pytest.raises(PatternNotAcceptedError):
        appliance.change(ref, domains=["*.other.example"])


def test_a_look_around_suggests_the_plain_group(appliance):
    with pytest.raises(PatternNotAcceptedError) as refused:
        exception(appliance, "^https?://a\\.example(?=/x)")
    assert refused.value.suggestion == "^https?://a\\.example(?:/x)"
