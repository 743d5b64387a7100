"""What a body on the wire says, indented for reading: XML, XML inside XML, JSON, JSON inside XML.

- A text or an attribute that is a document itself (escaped once or more) is shown as one, below it.
- Comments and the order of elements are kept; white space between elements is not.
- What is no document gives an empty text: there is nothing to add to the bytes.

Provenance: ours.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from xml.parsers import expat

MOST_LEVELS = 64
_INDENT = "  "


@dataclass(slots=True)
class _Node:
    """One element while it is read."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[_Node] = field(default_factory=list)


def decoded(body: str) -> str:
    """Return what a body says, an empty text if it is neither XML nor JSON."""
    return "\n".join(_lines_of(body, 0))


def _lines_of(text: str, level: int) -> list[str]:
    stripped = text.strip()
    if level > MOST_LEVELS:
        return []
    if stripped.startswith("<"):
        root = _parsed(stripped)
        return _shown(root, level) if root is not None else []
    if stripped.startswith("&lt;"):  # escaped once more than its place asks for
        return _lines_of(html.unescape(stripped), level)
    if stripped.startswith(("{", "[")):
        try:
            value = json.loads(stripped)
        except (ValueError, RecursionError):
            return []
        made = json.dumps(value, indent=len(_INDENT), ensure_ascii=False)
        return [_INDENT * level + line for line in made.splitlines()]
    return []


def _shown(node: _Node, level: int) -> list[str]:
    indent, inner = _INDENT * level, _INDENT * (level + 1)
    inside = {name: _lines_of(value, level + 2) for name, value in node.attributes.items()}
    attributes = "".join(
        f' {name}="{"..." if inside[name] else value}"' for name, value in node.attributes.items()
    )
    text = node.text.strip()
    below = _lines_of(text, level + 1) if text else []
    nested = [
        line for name in inside if inside[name] for line in (f"{inner}@{name}", *inside[name])
    ]
    children = [line for child in node.children for line in _shown(child, level + 1)]
    if not (below or nested or children):
        end = f">{text}</{node.name}>" if text else "/>"
        return [f"{indent}<{node.name}{attributes}{end}"]
    said = below or ([inner + text] if text else [])
    return [
        f"{indent}<{node.name}{attributes}>",
        *nested,
        *said,
        *children,
        f"{indent}</{node.name}>",
    ]


def _parsed(document: str) -> _Node | None:
    """Return the tree of a document, None if it is none or one that nobody should read."""
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = reader.enter
    parser.EndElementHandler = reader.leave
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        parser.Parse(document.encode(errors="replace"), True)
    except (expat.ExpatError, _NotReadError):
        return None
    return reader.root


class _NotReadError(Exception):
    """A document type or too many levels."""


class _Reader:
    """Builds the tree from what expat finds."""

    def __init__(self) -> None:
        self.root: _Node | None = None
        self._open: list[_Node] = []

    def enter(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        if len(self._open) >= MOST_LEVELS:
            raise _NotReadError
        node = _Node(name, attributes)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def leave(self, _name: str) -> None:
        """End an element."""
        self._open.pop()

    def characters(self, text: str) -> None:
        """Add to the text of the element that is open."""
        self._open[-1].text += text

    def refuse(self, *_arguments: object) -> None:
        """Stop at a DOCTYPE."""
        raise _NotReadError
