"""What a rule about a client is, and how rules read the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from utmlab.conformance.outcomes import NotSeen, Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from utmlab.conformance.client.record import Seen
    from utmlab.conformance.client.stage import Stage

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ClientRule:
    """One statement about a client; its check reads the record of a run."""

    id: str
    title: str
    check: Callable[[Stage], str]


def occasion(found: Sequence[_T], missing: str) -> Sequence[_T]:
    """Return what was found.

    Raises:
        NotSeen: If that is nothing.
    """
    if not found:
        raise NotSeen(missing)
    return found


def none_of(seen: Sequence[Seen], is_wrong: Callable[[Seen], bool], reason: str) -> str:
    """Return how many requests were looked at.

    Args:
        seen: The requests.
        is_wrong: Tells a wrong one.
        reason: What is wrong; `{0}` is the first such request.

    Raises:
        NotSeen: If there is none to look at.
        Violation: If one is wrong.
    """
    wrong = [one for one in occasion(seen, "no such request") if is_wrong(one)]
    if wrong:
        raise Violation(reason.format(wrong[0]), len(wrong))
    return f"{len(seen)} requests"
