"""Patterns that an admin writes, run by RE2 only.

- RE2 takes linear time whatever the pattern; `re` can be hung by one line of a policy.
- Linear is not cheap: a pattern of many steps costs each of them per character when RE2 gives its
  automaton up. So the steps are bounded (`LARGEST_PROGRAM`) as the URL's length is (`LONGEST_URL`),
  and patterns are searched as sets, also a single one: a set never gives its automaton up, and
  looks for no groups. What is left is the first search of a URL, which builds the automaton.
- A pattern that RE2 refuses matches nothing and is reported, it never breaks an evaluation. Whether
  it is refused does not hang on the switch `pattern_case`: it has to be small enough either way.
- A refusal tells the reason, where it is, and the pattern that was probably meant: people write
  `*.example.com`, which is not a regular expression (documented pain point).
"""

import functools
from typing import Any, Final

import re2

from foundation.errors import DomainError

_LONGEST_PATTERN: Final = 4096
LARGEST_PROGRAM: Final = 640
"""Steps of RE2's program: some eighty words as alternatives, or a class repeated sixty times."""
_MOST_MEMORY: Final = 1 << 20
AUTOMATON_MEMORY: Final = 24 << 20
"""As much as the states for one longest URL take, of a pattern as large as may be."""
_COUNT: Final = re2.compile(r"\{\d+(,\d*)?\}")
_COUNT_FROM_NONE: Final = re2.compile(r"\{0*(,\d*)?\}")
_LETTERS: Final = re2.compile(r"\\p(L|\{L[a-z]?\})")
_ANY_SUBDOMAIN: Final = "([A-Za-z0-9.-]*\\.)?"


class PatternRefusedError(DomainError):
    """RE2 does not accept the pattern; `position` is where, `suggestion` what was meant."""

    code = "pattern_refused"
    hint = (
        "Patterns are RE2: no look-around, no back-references, * needs something to repeat, and"
        " nothing that large counts or classes make long."
    )

    def __init__(self, pattern: str, reason: str) -> None:
        super().__init__(f"pattern {pattern[:200]!r}: {reason}")
        self.pattern = pattern
        self.reason = reason
        self.position = _position(pattern, reason)
        self.suggestion = suggest(pattern)


class Pattern:
    """A pattern ready to search a URL with.

    Args:
        text: A pattern that RE2 accepts.
        case: The switch `pattern_case`.
    """

    def __init__(self, text: str, case: str) -> None:
        self.text = text
        self._case = case
        self._match: Any = None

    def is_found_in(self, subject: str) -> bool:
        """Tell whether the pattern matches anywhere in the text."""
        if self._match is None:  # most are only asked whether they can be compiled
            one = re2.Set.SearchSet(options_for(self._case, AUTOMATON_MEMORY))
            one.Add(_clean(self.text))
            one.Compile()
            self._match = one.Match
        return bool(self._match(_clean(subject)))


def options_for(case: str, memory: int) -> Any:
    """Return RE2's options, with how many bytes program and automaton may take."""
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.case_sensitive = case == "sensitive"
    options.max_mem = memory
    return options


def compile_pattern(text: str, *, case: str = "insensitive") -> Pattern:
    """Compile a pattern.

    Raises:
        PatternRefusedError: RE2 refuses it, or it is empty, too long, or too large when compiled.
    """
    reason = _why_not(text)
    if reason:
        raise PatternRefusedError(text, reason)
    return Pattern(text, case)


def _why_not(text: str) -> str:
    """Return the reason why the pattern is refused; empty when it is accepted."""
    if not text:
        return "it is empty and would match everything"
    if len(text) > _LONGEST_PATTERN:
        return f"it has {len(text)} characters; {_LONGEST_PATTERN} may be"
    try:
        steps = max(
            re2.compile(_clean(text), options_for(case, _MOST_MEMORY)).programsize
            for case in ("insensitive", "sensitive")
        )
    except re2.error as error:
        return _sentence(error)
    if steps <= LARGEST_PROGRAM:
        return ""
    return (
        f"it becomes {steps} steps and {LARGEST_PROGRAM} may be; repeat with + instead of a large"
        " count, or make several patterns of its alternatives"
    )


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
    if candidate and _why_not(candidate):
        candidate = _smaller(candidate)
    if candidate in {pattern, ""} or _why_not(candidate):
        return ""
    return candidate


def _smaller(pattern: str) -> str:
    """Write a pattern that is too large without counts, and letters as URLs have them."""
    uncounted = _COUNT.sub("+", _COUNT_FROM_NONE.sub("*", pattern))
    return str(_LETTERS.sub("[a-z]", uncounted))


def _position(pattern: str, reason: str) -> int:
    """Find the piece that RE2 names at the end of its reason, or the first count."""
    piece = reason.rpartition(": ")[2]
    place = pattern.find(piece) if piece else 0
    if place < 0:
        count = _COUNT.search(pattern)
        place = count.start() if count is not None else 0
    return place


def _sentence(error: Exception) -> str:
    detail = error.args[0] if error.args else ""
    return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else str(detail)


def _clean(text: str) -> str:
    """RE2 speaks UTF-8: what has no UTF-8 form becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
