"""The forms of lines as they were when this corpus was made; `forms.json` is a frozen copy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of line: what begins it, and its further keys in the order of each version.

    A version that is missing in `keys` has the order of 9.7.
    """

    process: str
    level: str | None
    provenance: str
    first: tuple[tuple[str, str], ...]
    keys: Mapping[str, tuple[str, ...]]

    def ordered(self, names: frozenset[str], profile: str) -> tuple[str, ...]:
        """Return those keys of a version that are among `names`."""
        keys = self.keys.get(profile, self.keys["9.7"])
        return tuple(key for key in keys if key in names)

    def has_key(self, key: str) -> bool:
        """Whether the newest version knows the key; others are free ones such as `attr_X`."""
        return key in self.keys["9.7"]


@cache
def form(slug: str) -> Form:
    """Return a form by its name."""
    return _forms()[slug]


@cache
def _forms() -> dict[str, Form]:
    text = resources.files(__package__).joinpath("forms.json").read_text("utf-8")
    return {
        slug: Form(
            process=entry["process"],
            level=entry["level"],
            provenance=entry["provenance"],
            first=tuple((key, value) for key, value in entry["first"]),
            keys={profile: tuple(keys) for profile, keys in entry["keys"].items()},
        )
        for slug, entry in json.loads(text).items()
    }
