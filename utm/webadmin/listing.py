"""A filter box and pages for long lists. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from urllib.parse import urlencode

T = TypeVar("T")
PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """What one page of a list shows.

    Attributes:
        rows: Those of this page.
        found: How many fit the filter.
        total: How many there are.
        number: This page, from 1.
        pages: How many pages there are; at least 1.
        query: What the filter boxes hold.
    """

    rows: tuple[T, ...]
    found: int
    total: int
    number: int
    pages: int
    query: Mapping[str, str]

    @property
    def text(self) -> str:
        """What the filter box holds."""
        return self.query.get("q", "")

    def link(self, number: int) -> str:
        """Return the query of another page of the same list."""
        kept = {name: value for name, value in self.query.items() if value}
        return "?" + urlencode(kept | {"page": str(number)})


def listing(
    rows: Sequence[T],
    query: Mapping[str, str],
    *,
    text_of: Callable[[T], str],
    names: Sequence[str] = ("q",),
    per_page: int = PER_PAGE,
) -> Listing[T]:
    """Return the page that a query asks for of the rows that fit it.

    Args:
        rows: All of them.
        query: Holds `q`, words that must all occur, and `page`.
        text_of: What is searched of a row.
        names: Which parts of the query the links of other pages keep.
        per_page: Rows on a page.
    """
    words = query.get("q", "").casefold().split()
    found = [row for row in rows if all(word in text_of(row).casefold() for word in words)]
    pages = max(1, -(-len(found) // per_page))
    asked = query.get("page", "1")
    number = min(int(asked), pages) if asked.isdecimal() and len(asked) < 9 else 1
    number = max(number, 1)
    start = (number - 1) * per_page
    return Listing(
        rows=tuple(found[start : start + per_page]),
        found=len(found),
        total=len(rows),
        number=number,
        pages=pages,
        query={name: query.get(name, "") for name in names},
    )
