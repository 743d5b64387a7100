"""Rules that are known to be broken: a file of ids, held to strictly.

One id a line; `#` begins a comment, which is the place for the reason. An expected failure that
passes is a failure, so that the file shrinks; an id that is no rule is an error, so that it does
not rot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from foundation.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable


class UnknownRuleError(DomainError):
    """A rule was named that does not exist."""

    code: ClassVar[str] = "unknown_rule"
    hint: ClassVar[str] = "All rules are in docs/conformance.md."


def read_expected(text: str, known: Iterable[str]) -> frozenset[str]:
    """Read a file of expected failures.

    Raises:
        UnknownRuleError: If it names what is no rule.
    """
    stripped = (line.partition("#")[0].strip() for line in text.splitlines())
    return chosen((line for line in stripped if line), known)


def chosen(names: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """Return the named rules.

    Raises:
        UnknownRuleError: If one is no rule.
    """
    named = frozenset(names)
    unknown = named - frozenset(known)
    if unknown:
        raise UnknownRuleError(f"there is no rule {', '.join(sorted(unknown))}")
    return named
