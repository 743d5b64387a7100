"""What a rule is.

A rule is a statement with a stable id `SECTION-slug`, the section being that of the protocol
notes. Its check returns a remark when the statement holds, raises `Violation` when it does not,
and `NotSeen` when there was no occasion to tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from utmlab.conformance.subject import Subject

    Check = Callable[[Subject], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One statement about a server."""

    id: str
    title: str
    check: Check
