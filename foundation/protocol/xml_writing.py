"""Escaping for documents that are written as text.

* Characters that XML 1.0 cannot carry become U+FFFD, so that no input makes a malformed document.
* Carriage returns are written as references; a parser would otherwise turn them into newlines.

Provenance: XML 1.0, sections 2.2, 2.11 and 3.3.3.
"""

import re
from xml.sax.saxutils import escape

_UNREPRESENTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONTENT_REFERENCES = {"\r": "&#13;"}
_ATTRIBUTE_REFERENCES = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def content(value: str) -> str:
    """Return ``value`` escaped for the content of an element."""
    return escape(_UNREPRESENTABLE.sub("\ufffd", value), _CONTENT_REFERENCES)


def attribute(value: str) -> str:
    """Return ``value`` escaped for an attribute in double quotes."""
    return escape(_UNREPRESENTABLE.sub("\ufffd", value), _ATTRIBUTE_REFERENCES)


def element(name: str, value: str) -> str:
    """Return one element with text only; an empty one keeps both of its tags."""
    return f"<{name}>{content(value)}</{name}>"


def truth(value: bool) -> str:
    """Return the word that these documents use for a boolean."""
    return "true" if value else "false"
