"""Which categories the directories of a list stand for: data, ours, to be edited.

- A list names its directories as it likes (`adv`, `porn`, `recreation/games`); the appliance knows
  numbers. The map between the two is a JSON file; the packaged one knows common names.
- A directory with an empty list of categories is left out on purpose, and not reported as unknown.

Provenance: the ids and their names are public, which directory means which of them is ours.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, ClassVar, Self

from foundation.categories.category import REPUTATIONS, UNCATEGORIZED_ID, Category
from foundation.categories.names import CATEGORY_NAMES
from foundation.errors import DomainError

SCHEMA = 1


class DirectoryMapError(DomainError):
    """A map of directories does not say what it should."""

    code: ClassVar[str] = "directory_map"
    hint: ClassVar[str] = (
        'Write {"schema": 1, "directories": {"games": {"categories": [116]}}}; '
        "`utmlab categories map` prints the packaged map to begin with."
    )


@dataclass(frozen=True, slots=True)
class DirectoryMap:
    """Directory name to category; None where a directory is left out on purpose."""

    directories: Mapping[str, Category | None]

    def __contains__(self, name: str) -> bool:
        return name in self.directories

    def category_of(self, name: str) -> Category | None:
        """Return what a directory's sites are, or None."""
        return self.directories.get(name)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a map.

        Raises:
            DirectoryMapError: It is not one; the message names the directory.
        """
        try:
            document = json.loads(text)
        except ValueError as error:
            raise DirectoryMapError(f"the map is not JSON: {error}") from error
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise DirectoryMapError(f"the map has no schema {SCHEMA}")
        directories = document.get("directories")
        if not isinstance(directories, dict):
            raise DirectoryMapError("the map has no directories")
        return cls({name: _category(name, entry) for name, entry in directories.items()})


def packaged_map_text() -> str:
    """Return the packaged map as it is written, to be edited."""
    return (resources.files(__package__) / "data/directory_map.json").read_text("utf-8")


def packaged_map() -> DirectoryMap:
    """Return the packaged map."""
    return DirectoryMap.from_json(packaged_map_text())


def _category(name: str, entry: Any) -> Category | None:
    if not isinstance(entry, dict):
        raise DirectoryMapError(f"{name!r} is not an object")
    ids, reputation = entry.get("categories"), entry.get("reputation", "neutral")
    if not isinstance(ids, list) or not all(type(id_) is int for id_ in ids):
        raise DirectoryMapError(f"{name!r} has no list of category numbers")
    unknown = [id_ for id_ in ids if id_ not in CATEGORY_NAMES or id_ == UNCATEGORIZED_ID]
    if unknown:
        raise DirectoryMapError(f"{name!r} has the unknown category {unknown[0]}")
    if reputation not in REPUTATIONS:
        raise DirectoryMapError(f"{name!r} has the unknown reputation {reputation!r}")
    return Category(tuple(ids), reputation) if ids else None
