"""A typed view of a parsed document.

* Names are compared literally, prefix included, as the real clients do.
* White space around text is not kept: the parser behind the guard strips it.
* Reading never fails on what is missing: absent text is the default, absent children are none.
  Whether something may be missing is for the codec to decide.

Provenance: ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from foundation.net.xml_guard import parse_xml

_TEXT = "#text"


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its literal name and what the parser made of it (None, text or a dict)."""

    name: str
    value: Any

    @property
    def text(self) -> str:
        """The text directly inside this element."""
        if isinstance(self.value, dict):
            return str(self.value.get(_TEXT) or "")
        return self.value if isinstance(self.value, str) else ""

    def attribute(self, name: str, default: str = "") -> str:
        """Return an attribute's value."""
        if not isinstance(self.value, dict):
            return default
        return str(self.value.get(f"@{name}", default))

    def has(self, name: str) -> bool:
        """Whether there is at least one child of this name."""
        return isinstance(self.value, dict) and name in self.value

    def all(self, name: str) -> tuple["Element", ...]:
        """Return the children of this name in document order."""
        if not self.has(name):
            return ()
        found = self.value[name]
        return tuple(
            Element(name, each) for each in (found if isinstance(found, list) else [found])
        )

    def first(self, name: str) -> "Element":
        """Return the first child of this name, or an empty element when there is none."""
        found = self.value.get(name) if isinstance(self.value, dict) else None
        return Element(name, found[0] if isinstance(found, list) else found)

    def text_at(self, *path: str, default: str = "") -> str:
        """Return the text at the end of a path of first children; the default when absent."""
        here = self
        for name in path:
            if not here.has(name):
                return default
            here = here.first(name)
        return here.text

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of all children of this name, empty ones left out."""
        return tuple(each.text for each in self.all(name) if each.text)

    def children(self) -> Iterator["Element"]:
        """Yield all children; those of one name stay together, as the parser groups them."""
        if isinstance(self.value, dict):
            for name in self.value:
                if not name.startswith(("@", "#")):
                    yield from self.all(name)

    def descendants(self, local_name: str) -> Iterator["Element"]:
        """Yield all elements below this one with that name, whatever their prefix."""
        for each in self.children():
            if each.name.rpartition(":")[2] == local_name:
                yield each
            yield from each.descendants(local_name)


def read_document(data: bytes | str, *, max_bytes: int = 5_000_000) -> Element:
    """Parse a document and return its root.

    Raises:
        XmlRefusedError: when the guard refuses the bytes.
    """
    parsed = parse_xml(data, max_bytes=max_bytes)
    name = next(iter(parsed))
    return Element(name, parsed[name])


def plain_number(text: str) -> int | None:
    """Read plain ASCII digits, at most eighteen, so that a number always fits 64 bits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def is_true(text: str) -> bool:
    """Whether a text says yes: documents use ``true`` and ``1``."""
    return text.strip().lower() in {"true", "1"}
