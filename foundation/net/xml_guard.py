"""The one way XML from outside becomes Python values.

- Refused before a tree is built: a DOCTYPE, more than 64 levels, a body over its limit.
- expat accepts the namespaces with a backslash that MCS uses; lxml does not.
- The tree is xmltodict's: attributes with `@`, text under `#text`, prefixes kept literally.
- What comes by the thousand is not made a tree of: `walk_xml` tells of it under the same guard.
"""

from collections.abc import Callable, Generator
from typing import Any, ClassVar
from xml.parsers import expat

import xmltodict

from foundation.errors import DomainError
from foundation.pace import paced
from foundation.protocol.reasons import Reason

MOST_LEVELS = 64
PIECE_BYTES = 1 << 13
"""As much is parsed at a time: about a millisecond, after which a loop beside it has its turn."""
DEFAULT_MAX_BYTES = 5_000_000

Enter = Callable[[int, str, dict[str, str]], None]
"""Hears of an element's level (the root's is 1), its literal name and its attributes."""
Leave = Callable[[int], None]
Text = Callable[[int, str], None]
"""Hears of a piece of text, and of the level of the element that it stands in."""


class XmlRefusedError(DomainError):
    """A document that will not be read; `reason` says why."""

    code: ClassVar[str] = "xml_refused"
    hint: ClassVar[str] = "Send one well-formed UTF-8 document without DOCTYPE."

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def parse_xml(
    data: bytes | str, *, max_bytes: int = DEFAULT_MAX_BYTES, force_list: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the document as nested dictionaries.

    Args:
        data: The document, UTF-8 when bytes.
        max_bytes: The longest body accepted.
        force_list: Element names that become a list also when there is one of them.

    Raises:
        XmlRefusedError: If it is empty, too large, too deep, not well-formed, has a DOCTYPE, or
            is in another encoding.
    """
    body = _guarded(data, max_bytes)
    _walk(body, _ignore, None, None)
    return dict(xmltodict.parse(_pieces(body), encoding="utf-8", force_list=force_list))


def walk_xml(
    data: bytes | str,
    enter: Enter,
    *,
    leave: Leave | None = None,
    text: Text | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> None:
    """Tell of a document in one pass, without a tree; what was told before a refusal is void.

    Raises:
        XmlRefusedError: as `parse_xml` does.
    """
    _walk(_guarded(data, max_bytes), enter, leave, text)


def _guarded(data: bytes | str, max_bytes: int) -> bytes:
    try:
        body = data.encode() if isinstance(data, str) else data
        body.decode()
    except UnicodeError as error:
        raise XmlRefusedError(Reason.XML_ENCODING, f"not UTF-8: {error}") from error
    if not body.strip():
        raise XmlRefusedError(Reason.BODY_EMPTY, "the document is empty")
    if len(body) > max_bytes:
        raise XmlRefusedError(
            Reason.BODY_TOO_LARGE, f"{len(body)} bytes; at most {max_bytes} are read"
        )
    return body


def _pieces(body: bytes) -> Generator[bytes, None, None]:
    if len(body) <= PIECE_BYTES:
        yield body
        return
    starts = range(0, len(body), PIECE_BYTES)
    yield from paced((body[start : start + PIECE_BYTES] for start in starts), at_a_time=1)


def _ignore(_level: int, _name: str, _attributes: dict[str, str]) -> None:
    """Hear of an element."""


def _walk(body: bytes, enter: Enter, leave: Leave | None, text: Text | None) -> None:
    level = 0

    def entered(name: str, attributes: dict[str, str]) -> None:
        nonlocal level
        level += 1
        if level > MOST_LEVELS:
            raise XmlRefusedError(Reason.XML_TOO_DEEP, f"more than {MOST_LEVELS} levels")
        enter(level, name, attributes)

    def left(_name: str) -> None:
        nonlocal level
        if leave is not None:
            leave(level)
        level -= 1

    def doctype(*_arguments: object) -> None:
        raise XmlRefusedError(Reason.XML_DOCTYPE, "a DOCTYPE is not accepted")

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = entered
    parser.EndElementHandler = left
    parser.StartDoctypeDeclHandler = doctype
    if text is not None:
        parser.CharacterDataHandler = lambda piece: text(level, piece)
    try:
        for piece in _pieces(body):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise XmlRefusedError(Reason.XML_MALFORMED, f"not well-formed: {error}") from error
