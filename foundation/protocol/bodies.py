"""What statuses and events have in common: the guard on their bodies.

* A body with ``<script`` or ``<xhtml:script`` is refused, whatever the case of its letters.
* Escaped text such as ``&lt;script`` passes: it is a value, for instance a URL, not markup.

Provenance: documented; ignoring the case is ours.
"""

from typing import ClassVar

from foundation.errors import DomainError
from foundation.protocol.reasons import Reason

_SCRIPTS = ("<script", "<xhtml:script")


class ScriptRefusedError(DomainError):
    """A body carries a script element."""

    code: ClassVar[str] = "script_refused"
    hint: ClassVar[str] = "Escape what is text; no status or event carries scripts."
    reason: ClassVar[Reason] = Reason.XML_MALFORMED


class DocumentTooLargeError(DomainError):
    """A statuses or events document is larger than servers accept."""

    code: ClassVar[str] = "document_too_large"
    hint: ClassVar[str] = "Send fewer items in one document."
    reason: ClassVar[Reason] = Reason.BODY_TOO_LARGE


def refuse_scripts(body: str) -> None:
    """Refuse a body that carries a script element.

    Raises:
        ScriptRefusedError: when it does.
    """
    folded = body.lower()
    if any(script in folded for script in _SCRIPTS):
        raise ScriptRefusedError("The body carries a script element.")
