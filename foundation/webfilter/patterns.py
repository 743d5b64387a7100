"""Patterns that an admin writes, run by RE2 only.

- RE2 takes linear time whatever the pattern; `re` can be hung by one line of a policy.
- A pattern that RE2 refuses matches nothing and is reported, it never breaks an evaluation.
- A refusal tells the reason, where it is, and the pattern that was probably meant: people write
  `*.example.com`, which is not a regular expression (documented pain point).
"""

import functools
from dataclasses import dataclass
from typing import Any, Final

import re2

from foundation.errors import DomainError

_LONGEST_PATTERN: Final = 4096
_MOST_MEMORY: Final = 1 << 20
_ANY_SUBDOMAIN: Final = "([A-Za-z0-9.-]*\\.)?"


class PatternRefusedError(DomainError):
    """RE2 does not accept the pattern; `position` is where, `suggestion` what was meant."""

    code = "pattern_refused"
    hint = "Patterns are RE2: no look-around, no back-references, and * needs something to repeat."

    def __init__(self, pattern: str, reason: str) -> None:
        super().__init__(f"pattern {pattern[:200]!r}: {reason}")
        self.pattern = pattern
        self.reason = reason
        self.position = _position(pattern, reason)
        self.suggestion = suggest(pattern)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern ready to search a URL with."""

    text: str
    _compiled: Any

    def is_found_in(self, subject: str) -> bool:
        """Tell whether the pattern matches anywhere in the text."""
        return self._compiled.search(_clean(subject)) is not None


def compile_pattern(text: str, *, case: str = "insensitive") -> Pattern:
    """Compile a pattern.

    Raises:
        PatternRefusedError: RE2 refuses it, or it is empty or too long.
    """
    if not text:
        raise PatternRefusedError(text, "it is empty and would match everything")
    if len(text) > _LONGEST_PATTERN:
        raise PatternRefusedError(text, f"it has {len(text)} characters; {_LONGEST_PATTERN} may be")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = case == "sensitive"
    options.max_mem = _MOST_MEMORY
    try:
        return Pattern(text, re2.compile(_clean(text), options))
    except re2.error as error:
        raise PatternRefusedError(text, _sentence(error)) from error


@functools.lru_cache(maxsize=4096)
def pattern_or_none(text: str, case: str = "insensitive") -> Pattern | None:
    """Return the compiled pattern, or None for one that RE2 refuses; answers are remembered."""
    try:
        return compile_pattern(text, case=case)
    except PatternRefusedError:
        return None


def suggest(pattern: str) -> str:
    """Return the pattern that was probably meant, or an empty text."""
    bare = pattern.removeprefix("*.").removeprefix("*")
    if pattern.startswith("*") and bare and all(c.isalnum() or c in ".-_" for c in bare):
        escaped = bare.strip(".").replace(".", "\\.")
        candidate = f"^https?://{_ANY_SUBDOMAIN}{escaped}/"
    else:
        candidate = pattern.replace("(?=", "(?:").lstrip("*+?")
    if candidate == pattern or not candidate:
        return ""
    try:
        compile_pattern(candidate)
    except PatternRefusedError:
        return ""
    return candidate


def _position(pattern: str, reason: str) -> int:
    """Find the piece that RE2 names at the end of its reason."""
    piece = reason.rpartition(": ")[2]
    return max(pattern.find(piece), 0) if piece else 0


def _sentence(error: Exception) -> str:
    detail = error.args[0] if error.args else ""
    return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)


def _clean(text: str) -> str:
    """RE2 speaks UTF-8: what has no UTF-8 form becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
