"""What a new appliance holds before anybody configured it.

- Written once, as change 1; an appliance that has any change is left alone.
- Built-in objects and node values: `data/builtins.json`. Super-categories: `data/super_categories
  .json` (four references are public, the mapping is ours). One subcategory per category id of the
  web log (public), locked: the category database gives them their meaning.
"""

from datetime import datetime
from typing import Final

from sqlite_utils import Database

from foundation.categories.names import CATEGORY_NAMES
from utm.confd.changes import Change
from utm.confd.classes import load_data
from utm.confd.confd import Confd, Edit, transaction

BASE_PROFILE: Final = "REF_DefaultHTTPProfile"
BASE_ACTION: Final = "REF_DefaultHTTPCFFAction"
BLOCK_ACTION: Final = "REF_DefaultHTTPCFFBlockAction"
DEFAULT_GROUP: Final = "REF_EppEndDefault"
ANY_NETWORK: Final = "REF_NetworkAny"


def seed(db: Database, *, at: datetime) -> Change | None:
    """Write the built-ins into an empty configuration; None if it is not empty."""
    if Confd(db).number:
        return None
    with transaction(db, at=at, user="system", summary="factory settings") as edit:
        _create_builtins(edit)
        _create_categories(edit)
    return edit.recorded


def _create_builtins(edit: Edit) -> None:
    builtins = load_data("builtins")
    for raw in builtins["objects"]:
        class_, _, type_ = raw["type"].partition("/")
        edit.create(class_, type_, raw["attributes"], ref=raw["ref"], locked=raw["locked"])
    for key, value in builtins["nodes"].items():
        edit.set_node(key, value)


def _create_categories(edit: Edit) -> None:
    subcategories = {
        id_: edit.create("http", "sp_subcat", {"name": name, "id": str(id_)}, locked="global")
        for id_, name in CATEGORY_NAMES.items()
    }
    for raw in load_data("super_categories")["super_categories"]:
        attributes = {
            "name": raw["name"],
            "id": raw["id"],
            "comment": f"{raw['standing']} name; its categories are utmlab's own choice",
            "subcats": [subcategories[id_] for id_ in raw["subcats"]],
        }
        edit.create("http", "sp_category", attributes, ref=raw["ref"])
