"""The one way XML from outside becomes Python values.

- Refused before a tree is built: a DOCTYPE, more than 64 levels, a body over its limit.
- expat accepts the namespaces with a backslash that MCS uses; lxml does not.
- The tree is xmltodict's: attributes with `@`, text under `#text`, prefixes kept literally.
"""

from collections.abc import Generator
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
    body = data.encode() if isinstance(data, str) else data
    if not body.strip():
        raise XmlRefusedError(Reason.BODY_EMPTY, "the document is empty")
    if len(body) > max_bytes:
        raise XmlRefusedError(
            Reason.BODY_TOO_LARGE, f"{len(body)} bytes; at most {max_bytes} are read"
        )
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise XmlRefusedError(Reason.XML_ENCODING, f"not UTF-8: {error}") from error
    _inspect(body)
    return dict(xmltodict.parse(_pieces(body), encoding="utf-8", force_list=force_list))


def _pieces(body: bytes) -> Generator[bytes, None, None]:
    if len(body) <= PIECE_BYTES:
        yield body
        return
    starts = range(0, len(body), PIECE_BYTES)
    yield from paced((body[start : start + PIECE_BYTES] for start in starts), at_a_time=1)


def _inspect(body: bytes) -> None:
    """Walk the document once without building anything."""
    depth = 0

    def enter(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_LEVELS:
            raise XmlRefusedError(Reason.XML_TOO_DEEP, f"more than {MOST_LEVELS} levels")

    def leave(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_arguments: object) -> None:
        raise XmlRefusedError(Reason.XML_DOCTYPE, "a DOCTYPE is not accepted")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = enter
    parser.EndElementHandler = leave
    parser.StartDoctypeDeclHandler = doctype
    try:
        for piece in _pieces(body):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise XmlRefusedError(Reason.XML_MALFORMED, f"not well-formed: {error}") from error
