"""Pages that were shown before, of other requests, change nothing in a page."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.webfilter.pages import MOST_REMEMBERED, Pages
from foundation.webfilter.verdict import Verdict, VerdictReason

WORDS = st.sampled_from(["", "Games", "<b>", "a & b", "\ud800"])
VERDICTS = st.builds(
    Verdict,
    action=st.sampled_from(["block", "warn"]),
    reason=st.sampled_from(list(VerdictReason)),
    url=st.sampled_from(["http://games.example/", "http://a.example/?<&>", "x" * 3000]),
    host=st.just("games.example"),
    category_ids=st.sampled_from([(), (116,), (116, 105)]),
    category_name=WORDS,
    reputation=WORDS,
    filter_action_ref=WORDS,
    filter_action_name=WORDS,
)
ACCEPTS = st.sampled_from(["text/html,*/*", "*/*"])


def _shown(pages: Pages, verdict: Verdict, user: str, accept: str) -> list[bytes]:
    return [
        pages.block(verdict, user=user, accept=accept).body,
        pages.warn(verdict, user=user, token="t", accept=accept).body,
    ]


@pytest.mark.parametrize("differs", [field.name for field in fields(Verdict)])
@given(before=VERDICTS, other=VERDICTS, user=WORDS, accept=ACCEPTS)
def test_a_page_is_the_same_whatever_was_shown_before(
    differs: str, before: Verdict, other: Verdict, user: str, accept: str
) -> None:
    verdict = replace(before, **{differs: getattr(other, differs)})
    pages = Pages()
    _shown(pages, before, "", "text/html")
    assert _shown(pages, verdict, user, accept) == _shown(Pages(), verdict, user, accept)


def test_what_is_remembered_is_bounded() -> None:
    pages = Pages()
    for number in range(2 * MOST_REMEMBERED):
        verdict = Verdict(
            action="block",
            reason=VerdictReason.CATEGORY,
            url="http://games.example/",
            host="games.example",
            category_ids=(number,),
        )
        assert b"<dd>%d</dd>" % number in pages.block(verdict, user="", accept="text/html").body
        assert len(pages._rows) <= MOST_REMEMBERED
