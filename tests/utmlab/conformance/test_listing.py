"""docs/conformance.md is what the rules say."""

from pathlib import Path

from utmlab.conformance.listing import listing

DOCUMENT = Path(__file__).parents[3] / "docs" / "conformance.md"


def test_the_document_lists_every_rule_as_it_is():
    assert DOCUMENT.read_text(encoding="utf-8") == listing()
