"""Names of the category ids that web logs carry.

- 107 ids: 100 to 205 and 600 to 603 are the codes of two independent public lists, seven of them
  confirmed by real log lines; 9998 "Uncategorized" is the appliance's own (public).
- The table is data (`data/web_categories.json`); an id that it does not know has no name.
"""

import json
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final


def _load() -> Mapping[int, str]:
    text = (resources.files(__package__) / "data/web_categories.json").read_text("utf-8")
    return MappingProxyType(
        {int(id_): name for id_, name in json.loads(text)["categories"].items()}
    )


CATEGORY_NAMES: Final[Mapping[int, str]] = _load()


def category_name(id_: int) -> str:
    """Return the name of a category id, or an empty text when no source knows it."""
    return CATEGORY_NAMES.get(id_, "")


def category_id(name: str) -> int | None:
    """Return the id of a category name, whatever its case."""
    wanted = name.casefold()
    return next((id_ for id_, known in CATEGORY_NAMES.items() if known.casefold() == wanted), None)
