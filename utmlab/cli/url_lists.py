"""Lists of URLs to ask a policy about: one per line, or CSV with a header that has a column url.

- Columns that are understood: url, user, at, method, expect (also expected); others are ignored.
- Without such a header each line is a URL as it stands, commas and all; blank lines and lines that
  begin with # are passed over.
- Read as a stream: a list of any length takes no memory.

Provenance: ours.
"""

import csv
import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import ClassVar, Final

import click

from foundation.errors import DomainError
from utmlab.cli.policy_options import OUTCOMES, moment

STDIN: Final = "-"


class UrlListError(DomainError):
    """A list of URLs has a line that cannot be understood."""

    code: ClassVar[str] = "url_list"
    hint: ClassVar[str] = "One URL per line, or CSV with the columns url, user, at, method, expect."


@dataclass(frozen=True, slots=True)
class Asked:
    """One URL of a list; what the list does not tell is empty."""

    line: int
    url: str
    user: str = ""
    at: datetime | None = None
    method: str = ""
    expect: str = ""


urls_option = click.option(
    "--urls",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="A list of URLs, one per line or CSV with a column url; - is standard input.",
)


@contextmanager
def open_list(name: str) -> Iterator[Iterator[Asked]]:
    """Open a list; `-` is standard input."""
    if name == STDIN:
        wrapped = io.TextIOWrapper(
            sys.stdin.buffer, encoding="utf-8-sig", errors="replace", newline=""
        )
        try:
            yield asked(wrapped)
        finally:
            wrapped.detach()
        return
    with Path(name).open(encoding="utf-8-sig", errors="replace", newline="") as file:
        yield asked(file)


def asked(lines: Iterable[str]) -> Iterator[Asked]:
    """Yield the URLs of a list.

    Raises:
        UrlListError: A time or an expectation cannot be read, or the CSV is damaged.
    """
    numbered = enumerate(lines, 1)
    for number, line in numbered:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        columns = [one.strip().casefold() for one in next(csv.reader([text]))]
        if "url" in columns:
            yield from _rows(columns, (each for _, each in numbered), number)
        else:
            rest = chain([(number, line)], numbered)
            yield from _plain(rest)
        return


def _plain(numbered: Iterable[tuple[int, str]]) -> Iterator[Asked]:
    for number, line in numbered:
        text = line.strip()
        if text and not text.startswith("#"):
            yield Asked(number, text)


def _rows(columns: list[str], lines: Iterable[str], header_line: int) -> Iterator[Asked]:
    reader = csv.reader(lines)
    try:
        for cells in reader:
            values = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
            if values.get("url"):
                yield _row(values, header_line + reader.line_num)
    except csv.Error as error:
        raise UrlListError(f"line {header_line + reader.line_num}: {error}") from error


def _row(values: dict[str, str], line: int) -> Asked:
    expect = (values.get("expect") or values.get("expected") or "").casefold()
    if expect and expect not in OUTCOMES:
        raise UrlListError(f"line {line}: {expect!r} is none of {', '.join(OUTCOMES)}")
    at = values.get("at", "")
    try:
        when = moment(at) if at else None
    except click.BadParameter as error:
        raise UrlListError(f"line {line}: {error.message}") from error
    return Asked(
        line=line,
        url=values["url"],
        user=values.get("user", ""),
        at=when,
        method=values.get("method", ""),
        expect=expect,
    )
