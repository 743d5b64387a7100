"""What WebAdmin refuses, and which status such a page has."""

from typing import ClassVar, Final

from foundation.errors import DomainError
from utm.access import LoginRefusedError, TooManyLoginsError
from utm.confd import (
    AttributeRefusedError,
    NodeValueRefusedError,
    NoSuchObjectError,
    ReferenceRefusedError,
)
from utm.logs.shelf import NoSuchLogFileError
from utm.naming import NoSuchEndpointError, NoSuchGroupError


class NotAllowedError(DomainError):
    """Somebody who may only look wanted to change something."""

    code: ClassVar[str] = "not_allowed"
    hint: ClassVar[str] = "Log in as an administrator to change the configuration."


class FormNotOursError(DomainError):
    """A form came without the mark of the session, or from another site."""

    code: ClassVar[str] = "form_not_ours"
    hint: ClassVar[str] = "Go back, reload the page and send the form again."


class FormUnreadableError(DomainError):
    """A form that cannot be read."""

    code: ClassVar[str] = "form_unreadable"
    hint: ClassVar[str] = "Send it as a browser does, in UTF-8."


class TooManyStreamsError(DomainError):
    """A session has more live pages open than it may."""

    code: ClassVar[str] = "too_many_streams"
    hint: ClassVar[str] = "Close a page that is not needed."


_STATUS: Final[dict[type[DomainError], int]] = {
    NotAllowedError: 403,
    FormNotOursError: 403,
    FormUnreadableError: 400,
    LoginRefusedError: 403,
    TooManyLoginsError: 429,
    NoSuchObjectError: 404,
    NoSuchGroupError: 404,
    NoSuchEndpointError: 404,
    NoSuchLogFileError: 404,
    TooManyStreamsError: 429,
}


def status_of(error: DomainError) -> int:
    """Return the HTTP status of a page about an error."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 409)


def problems_of(error: DomainError) -> dict[str, str]:
    """Return what to say at which field; under "" what concerns the whole form."""
    if isinstance(error, AttributeRefusedError):
        return {error.attribute: error.problem}
    if isinstance(error, NodeValueRefusedError):
        return {error.key: error.problem}
    if isinstance(error, ReferenceRefusedError):
        key = error.holder.removeprefix("node ") if error.holder.startswith("node ") else ""
        return {key or error.field: str(error)}
    return {"": f"{error}. {error.hint}".strip()}
