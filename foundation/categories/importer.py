"""Category lists in the common layout: one directory per category, one site per line.

- `<category>/domains` lists hosts, subdomains included; directories may lie inside directories, and
  their name is then the path (`recreation/games`).
- `<category>/urls` lists hosts with paths. Categories here belong to hosts, and a path's category
  is not that of its host, so only lines that are a whole host are taken; the others are counted.
- A site in several directories has the categories of all, and the worst of their reputations.
- Read line by line; a line that is no site is counted, the first ones with their numbers, and
  never stops the rest.

Provenance: the layout is squidGuard's (public).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from foundation.categories.category import REPUTATIONS, Category
from foundation.categories.directory_map import DirectoryMap
from foundation.categories.hosts import InvalidHostError, normalise_host
from foundation.errors import DomainError

FILES: Final = ("domains", "urls")
MOST_BAD_LINES_NAMED: Final = 20
_LONGEST_LINE: Final = 4096
_LONGEST_HOST: Final = 253


class NoListsError(DomainError):
    """A directory holds no lists in the layout that is read."""

    code: ClassVar[str] = "no_category_lists"
    hint: ClassVar[str] = "Give the directory that holds `<category>/domains` files."


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no site."""

    file: str
    line: int
    text: str


@dataclass(slots=True)
class ImportReport:
    """What became of the lines.

    Attributes:
        lines: Lines read, apart from empty ones and comments.
        sites: Distinct hosts.
        by_directory: Sites taken per directory.
        unknown: Directories that the map does not name.
        left_out: Directories that the map leaves out.
        bad: How many lines are no site.
        bad_lines: The first of them.
        paths: Lines of `urls` files that mean a part of a site only.
    """

    lines: int = 0
    sites: int = 0
    by_directory: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    bad: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)
    paths: int = 0


def read_lists(folder: Path, names: DirectoryMap) -> tuple[dict[str, Category], ImportReport]:
    """Read the lists of a directory.

    Returns:
        The sites by normalised host, and what became of the lines.

    Raises:
        NoListsError: There are none.
    """
    sites: dict[str, Category] = {}
    report = ImportReport()
    together: dict[tuple[Category, Category], Category] = {}
    for name, file in _lists(folder, names, report):
        category = names.category_of(name)
        if category is None:
            continue
        taken = 0
        for host in _hosts(file, file.relative_to(folder).as_posix(), report):
            known = sites.setdefault(host, category)
            if known is not category:
                pair = (known, category)
                sites[host] = together.get(pair) or together.setdefault(pair, _joined(*pair))
            taken += 1
        report.by_directory[name] = report.by_directory.get(name, 0) + taken
    report.sites = len(sites)
    return sites, report


def _lists(folder: Path, names: DirectoryMap, report: ImportReport) -> Iterator[tuple[str, Path]]:
    """Yield every list of a directory that the map names, in the order of names."""
    is_empty = True
    unknown: dict[str, None] = {}
    left_out: dict[str, None] = {}
    for file in sorted(path for name in FILES for path in folder.rglob(name) if path.is_file()):
        is_empty = False
        name = file.parent.relative_to(folder).as_posix()
        if name not in names:
            unknown[name] = None
        elif names.category_of(name) is None:
            left_out[name] = None
        else:
            yield name, file
    report.unknown, report.left_out = list(unknown), list(left_out)
    if is_empty:
        raise NoListsError(f"{folder} holds no `<category>/domains` files")


def _hosts(file: Path, shown: str, report: ImportReport) -> Iterator[str]:
    is_urls = file.name == "urls"
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            text = line.decode("utf-8", "replace").strip()
            if not text or text.startswith("#"):
                continue
            report.lines += 1
            site = text.removesuffix("/") if is_urls else text.removeprefix(".")
            if is_urls and "/" in site:
                report.paths += 1
                continue
            try:
                yield _host(site)
            except InvalidHostError:
                report.bad += 1
                if len(report.bad_lines) < MOST_BAD_LINES_NAMED:
                    report.bad_lines.append(BadLine(shown, number, text[:100]))


def _host(site: str) -> str:
    if len(site) > _LONGEST_LINE or "*" in site or "\ufffd" in site:
        raise InvalidHostError(f"{site[:100]!r} is not a host name")
    host = normalise_host(site)
    if len(host) > _LONGEST_HOST:
        raise InvalidHostError(f"{host[:100]!r} is too long for a host name")
    return host


def _joined(first: Category, second: Category) -> Category:
    ids = tuple(dict.fromkeys((*first.ids, *second.ids)))
    return Category(ids, min(first.reputation, second.reputation, key=REPUTATIONS.index))
