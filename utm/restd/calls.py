"""A request after everything that HTTP and logins have to say was said, and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from utm.access import Caller
from utm.restd.options import Options

if TYPE_CHECKING:
    from utm.app import Utm


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of somebody who may make it.

    Attributes:
        utm: The appliance.
        caller: Whose session.
        options: What the X-Restd headers ask for.
        body: As it came.
    """

    utm: "Utm"
    caller: Caller
    options: Options
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered: a JSON value, or a page; neither for 204."""

    status: int = 200
    value: Any = None
    page: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
