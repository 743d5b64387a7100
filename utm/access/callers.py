"""Who calls, as confd knows them: a user in a session, from an address, by some way in.

- The lines of confd.log about a session and about what was changed in it carry the same `sid`.
"""

import secrets
from dataclasses import dataclass, field
from typing import Literal

Facility = Literal["webadmin", "restd"]

_CLIENTS = {"webadmin": "webadmin.plx", "restd": "restd"}


def _new_sid() -> str:
    return secrets.token_hex(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One session of an administrator.

    Attributes:
        user: Their name.
        srcip: Where they come from.
        facility: The way in.
        sid: 64 hex digits that name the session in confd.log; no secret, and no cookie.
    """

    user: str
    srcip: str
    facility: Facility
    sid: str = field(default_factory=_new_sid)

    def log_values(self) -> dict[str, str]:
        """Return the session as keys of a confd.log line."""
        return {
            "user": self.user,
            "srcip": self.srcip,
            "sid": self.sid,
            "facility": self.facility,
            "client": _CLIENTS[self.facility],
        }
