"""The answers of section 1.6, and what a client does about each.

Provenance: sections 1.2, 1.5 and 1.6 of the protocol notes (public).
"""

from __future__ import annotations

from dataclasses import dataclass

from utmlab.conformance.client.listener import Reply
from utmlab.conformance.client.world import REGISTER_REALM


@dataclass(frozen=True, slots=True)
class Fault:
    """A wrong answer to a poll and the documented reaction.

    Attributes:
        reply: The answer; its name is the fault's.
        title: What happens.
        patient: Whether the back-off starts from twice the poll interval (semi-permanent).
        clears: Whether cookies are cleared; None where nothing is said.
        closes: Whether the connection is closed; None where nothing is said.
    """

    reply: Reply
    title: str
    patient: bool = False
    clears: bool | None = True
    closes: bool | None = True

    @property
    def name(self) -> str:
        """The fault's name."""
        return self.reply.name


def _status(number: int, *headers: tuple[str, str], name: str = "") -> Reply:
    return Reply(name=name or str(number), status=number, headers=headers)


REGISTER = Fault(
    _status(401, ("WWW-Authenticate", REGISTER_REALM), name="401-register"),
    "401 with the register realm",
    patient=True,
    clears=None,
    closes=None,
)
FAULTS = (
    Fault(
        _status(401, ("WWW-Authenticate", 'Basic realm="other"'), name="401-other"),
        "401 with another realm",
        patient=True,
        clears=False,
        closes=None,
    ),
    Fault(_status(401), "401 without a realm", patient=True, clears=False, closes=None),
    Fault(_status(503, ("Retry-After", "1")), "503, whose Retry-After is not heeded", patient=True),
    Fault(_status(400), "400", patient=True),
    Fault(_status(504), "504", clears=False, closes=False),
    *(Fault(_status(n), str(n)) for n in (403, 404, 410, 413, 426, 500, 502, 201, 202, 204)),
    Fault(_status(429, ("Retry-After", "1")), "429"),
    Fault(_status(302, ("Location", "/")), "302, which is not followed"),
    Fault(Reply(name="reset", reset=True), "the connection is reset"),
    Fault(Reply(name="short-body", body=b"<?xml", missing=90), "the body is cut short"),
    Fault(Reply(name="bad-status-line", raw=b"SMTP ready\r\n\r\n"), "there is no status line"),
)
