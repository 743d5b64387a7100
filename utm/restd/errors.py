"""What the REST API refuses: a status, and an array of errors with every documented key.

- `format` is the sentence with places for what it is about, `name` the sentence itself.
- An error that is not fatal can be acknowledged (`X-Restd-Err-Ack`); then the request does what
  the error names.

Provenance: the keys, DATATYPE_OBJECT_ATTRIBUTE and OBJECT_DELETE_LOCKED with their sentences are
public; the other message types are ours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from foundation.errors import DomainError
from utm.confd import (
    AttributeRefusedError,
    ChangeNotStoredError,
    NodeValueRefusedError,
    NoSuchObjectError,
    PatternNotAcceptedError,
    ReferenceRefusedError,
    RefTakenError,
    UnknownClassError,
    UnknownNodeError,
)
from utm.confd.classes import object_class

NOT_FOUND: Final = 404
UNPROCESSABLE: Final = 422
_MOST_LETTERS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RestdError:
    """One element of the array.

    Attributes:
        msgtype: The kind.
        name: The sentence.
        format_: The sentence with its places; the sentence itself when it has none.
        fatal: False when it can be acknowledged.
        full_type: The class of the object that it is about.
        ref: Its reference.
        objname: Its name.
        attrs: The attributes that it is about.
        more: Further keys, such as what was probably meant by a pattern.
    """

    msgtype: str
    name: str
    format_: str = ""
    fatal: bool = True
    full_type: str = ""
    ref: str = ""
    objname: str = ""
    attrs: tuple[str, ...] = ()
    more: tuple[tuple[str, Any], ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the element as JSON values."""
        class_, _, type_ = self.full_type.partition("/")
        return {
            "Oattrs": list(self.attrs),
            "attrs": list(self.attrs),
            "class": class_,
            "del_object": "",
            "fatal": int(self.fatal),
            "format": self.format_ or self.name,
            "msgtype": self.msgtype,
            "name": self.name,
            "never_hide": 0,
            "objname": self.objname,
            "perms": "",
            "ref": self.ref,
            "rights": "",
            "type": type_,
            **dict(self.more),
        }


class RequestRefusedError(DomainError):
    """A request is refused; nothing was changed."""

    code: ClassVar[str] = "request_refused"
    hint: ClassVar[str] = "The errors of the answer say why."

    def __init__(
        self, status: int, errors: Iterable[RestdError], headers: Mapping[str, str] | None = None
    ) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(error.name for error in self.errors))
        self.status = status
        self.headers = dict(headers or {})


def refusal(
    status: int, msgtype: str, sentence: str, headers: Mapping[str, str] | None = None
) -> RequestRefusedError:
    """Return the refusal of a request that is about no object."""
    return RequestRefusedError(status, [RestdError(msgtype=msgtype, name=sentence)], headers)


def refusal_of(error: DomainError) -> RequestRefusedError:
    """Return what the appliance refused, most of it confd, as the API says it."""
    if isinstance(error, NoSuchObjectError | UnknownClassError | UnknownNodeError):
        return refusal(NOT_FOUND, "NOT_FOUND", _sentence(str(error)))
    if isinstance(error, ChangeNotStoredError):
        return refusal(503, "NOT_STORED", _sentence(str(error)))
    if isinstance(error, AttributeRefusedError):
        return RequestRefusedError(UNPROCESSABLE, [_attribute(error)])
    msgtype = error.code.upper()
    if isinstance(error, ReferenceRefusedError):
        msgtype = "DATATYPE_REF"
    elif isinstance(error, NodeValueRefusedError):
        msgtype = "DATATYPE_NODE"
    elif isinstance(error, RefTakenError):
        msgtype = "OBJECT_REF"
    attrs = (error.field,) if isinstance(error, ReferenceRefusedError) else ()
    found = RestdError(msgtype=msgtype, name=_sentence(str(error)), attrs=attrs)
    return RequestRefusedError(UNPROCESSABLE, [found])


def _attribute(error: AttributeRefusedError) -> RestdError:
    title = object_class(error.full_type).title
    wanted, _, given = error.problem.removeprefix("needs ").partition(", not ")
    name = f"The {title} object, attribute {error.attribute}: {error.problem}"
    if error.problem.startswith("needs "):
        name = f"The {title} object requires {wanted} for the {error.attribute} attribute"
        name += f", not {given}" if given else ""
    found = RestdError(
        msgtype="DATATYPE_OBJECT_ATTRIBUTE",
        name=_sentence(name),
        format_="The %_O object requires %_d for the %_A attribute.",
        full_type=error.full_type,
        attrs=(error.attribute,),
    )
    if not isinstance(error, PatternNotAcceptedError):
        return found
    more = {
        "pattern": error.pattern,
        "position": error.position,
        "reason": error.reason,
        "suggestion": error.suggestion,
    }
    return replace(found, msgtype="DATATYPE_PATTERN", more=tuple(more.items()))


def _sentence(text: str) -> str:
    if len(text) > _MOST_LETTERS:
        text = f"{text[:_MOST_LETTERS]}..."
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")
