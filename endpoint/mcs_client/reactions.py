"""What the client does about each outcome: the table of mcs-protocol 1.6 as one function.

* 401 asks for a new registration only with exactly the register realm; it never costs cookies.
* 503 and 400 are semi-permanent: the back-off starts from twice the poll interval.
* ``Retry-After`` is not read.

Provenance: mcs-protocol.md 1.2 (cookies) and 1.6 (public, seen on the wire).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from endpoint.mcs_client.outcome import NoAnswer, Outcome


class FailureClass(StrEnum):
    """How patient the back-off is."""

    TRANSIENT = "transient"
    SEMI_PERMANENT = "semi_permanent"


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from an outcome.

    Attributes:
        failure: The class of the back-off; None after a success.
        re_register: Register again with the old id and password after the back-off.
        clear_cookies: Forget every cookie.
        close_connection: Use a new connection next time.
    """

    failure: FailureClass | None = None
    re_register: bool = False
    clear_cookies: bool = False
    close_connection: bool = False


_SUCCESS: Final = Reaction()
_TRANSIENT: Final = FailureClass.TRANSIENT
_SEMI_PERMANENT: Final = FailureClass.SEMI_PERMANENT
_BY_STATUS: Final = {
    400: Reaction(failure=_SEMI_PERMANENT, clear_cookies=True, close_connection=True),
    401: Reaction(failure=_SEMI_PERMANENT),
    503: Reaction(failure=_SEMI_PERMANENT, clear_cookies=True, close_connection=True),
    504: Reaction(failure=_TRANSIENT),
}
_REGISTER: Final = Reaction(failure=_SEMI_PERMANENT, re_register=True)
_OTHER: Final = Reaction(failure=_TRANSIENT, clear_cookies=True, close_connection=True)


def reaction_to(outcome: Outcome) -> Reaction:
    """Tell what follows from an outcome."""
    if isinstance(outcome, NoAnswer):
        return _OTHER
    if outcome.is_success:
        return _SUCCESS
    if outcome.wants_registration:
        return _REGISTER
    return _BY_STATUS.get(outcome.status, _OTHER)
