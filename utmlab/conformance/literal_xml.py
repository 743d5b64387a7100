"""XML read the way MCS clients read it: tag names are literal, prefixes included.

`csc:Comp` is found under exactly that name; the same element under another prefix is equal XML
and still a fault, because real clients do not find it. Hence expat without namespaces.

Invariants:

* A document type declaration is never read over: it raises.
* Depth and size are bounded.

Provenance: public behaviour of MCS clients (section 2 of the protocol notes).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 64
MAX_BYTES = 100 * 1024 * 1024


class XmlFault(Exception):  # noqa: N818  # becomes a finding, never reaches a user as an error
    """The document is not XML that a client would read."""


@dataclass(slots=True)
class Element:
    """One element: literal tag, attributes, own text, children."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def child(self, tag: str) -> Element | None:
        """Return the first child of exactly this tag."""
        return next((child for child in self.children if child.tag == tag), None)

    def all(self, tag: str) -> list[Element]:
        """Return every descendant of exactly this tag, in document order."""
        return [element for element in self.walk() if element.tag == tag]

    def walk(self) -> Iterator[Element]:
        """Yield this element and all below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def text_of(self, tag: str) -> str:
        """Return the stripped text of the first child of this tag, empty without one."""
        child = self.child(tag)
        return child.text.strip() if child else ""


def parse(document: bytes | str) -> Element:
    """Parse a document.

    Raises:
        XmlFault: If it is malformed, has a document type, or exceeds the bounds.
    """
    data = document.encode("utf-8") if isinstance(document, str) else document
    if len(data) > MAX_BYTES:
        raise XmlFault(f"{len(data)} bytes are more than a client reads")
    builder = _Builder()
    parser = expat.ParserCreate(encoding="utf-8" if isinstance(document, str) else None)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the latter: odd encodings
        raise XmlFault(f"not well-formed: {error}") from error
    return builder.root()


class _Builder:
    def __init__(self) -> None:
        self._open: list[Element] = []
        self._root: Element | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        if len(self._open) >= MAX_DEPTH:
            raise XmlFault(f"elements are nested deeper than {MAX_DEPTH}")
        self._open.append(element)

    def end(self, _tag: str) -> None:
        self._open.pop()

    def characters(self, text: str) -> None:
        self._open[-1].text += text

    def doctype(self, *_: object) -> None:
        raise XmlFault("it has a document type declaration, which clients refuse")

    def root(self) -> Element:
        if self._root is None:
            raise XmlFault("it is empty")
        return self._root
