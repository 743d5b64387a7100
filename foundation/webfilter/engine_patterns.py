"""All patterns of a policy, searched at once.

- One RE2 set in place of a thousand searches. Which patterns exist is decided one by one, as the
  reference does: what RE2 refuses alone is not in the set.
- Patterns that hold below one domain only are not in the set either: they are searched for one by
  one where the host is below it (`engine_host_patterns`).
- A set whose automaton does not fit into its memory answers "nothing" without saying so. Each set
  therefore carries a probe that no URL can contain (a NUL); a set that does not find it is cut in
  halves, and a pattern that fails alone is searched for alone.
- Sets are small enough to be compiled between two turns of an event loop in another thread: the
  compiler holds the interpreter's lock.

Provenance: ours; the probe answers a property of RE2::Set (public).
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import re2

from foundation.pace import paced
from foundation.webfilter.engine_host_patterns import domain_of
from foundation.webfilter.patterns import (
    AUTOMATON_MEMORY,
    Pattern,
    PatternRefusedError,
    compile_pattern,
    options_for,
    pattern_or_none,
)

LARGEST_SET: Final = 500
"""About 3 ms of compilation."""
_PROBE: Final = "\x00"
_SAMPLES: Final = (
    "http://www.site.example/",
    "https://site.example/",
    "http://www.a-site-0123456789.com/a/path/with/0123456789/file.html?query=jkqvwxyz&n=_%20~",
)


class PatternIndex:
    """Patterns under numbers.

    Args:
        texts: The patterns; those that RE2 refuses match nothing.
        case: The switch `pattern_case`.
    """

    def __init__(self, texts: Iterable[str], *, case: str) -> None:
        self.numbers: dict[str, int] = {}
        self.domains: list[tuple[int, str]] = []
        """Patterns that match below a domain only, and that domain."""
        self._case = case
        self._texts: list[str] = []
        self._sets: list[tuple[Any, tuple[int, ...]]] = []
        self._alone: list[tuple[int, Pattern]] = []
        accepted: list[tuple[int, str]] = []
        for text in paced(dict.fromkeys(texts), at_a_time=16):
            try:
                compile_pattern(text, case=case)
            except PatternRefusedError:
                continue
            number = self.numbers[text] = len(self._texts)
            self._texts.append(text)
            if domain := domain_of(text):
                self.domains.append((number, domain))
            else:
                accepted.append((number, text))
        for start in range(0, len(accepted), LARGEST_SET):
            self._add(accepted[start : start + LARGEST_SET], case)

    def found_in(self, visible: str, below: Iterable[int] = ()) -> tuple[int, ...]:
        """Return the numbers of the patterns that match somewhere, in no order.

        Args:
            visible: What patterns see of the URL.
            below: Those of `domains` whose domain the host is, or is below.
        """
        found: tuple[int, ...] = ()
        subject = visible.encode()
        for match, numbers in self._sets:
            places = match(subject)
            if places:
                found += tuple([numbers[place] for place in places])
        if self._alone:
            found += tuple(number for number, each in self._alone if each.is_found_in(visible))
        if below:
            found += tuple(number for number in below if self._is_found(number, visible))
        return found

    def _is_found(self, number: int, visible: str) -> bool:
        # Compiled when a URL first asks for it; the answers are remembered there.
        pattern = pattern_or_none(self._texts[number], self._case)
        return pattern is not None and pattern.is_found_in(visible)

    def _add(self, patterns: Sequence[tuple[int, str]], case: str) -> None:
        compiled = _compiled([text for _, text in patterns], case)
        if compiled is not None:
            self._sets.append((compiled.Match, tuple(number for number, _ in patterns)))
        elif len(patterns) == 1:
            number, text = patterns[0]
            self._alone.append((number, compile_pattern(text, case=case)))
        else:
            half = len(patterns) // 2
            self._add(patterns[:half], case)
            self._add(patterns[half:], case)


def _compiled(texts: Sequence[str], case: str) -> Any:
    """Return a set that is known to answer and warm; None when it does not fit."""
    compiled = re2.Set.SearchSet(options_for(case, AUTOMATON_MEMORY))
    try:
        for text in paced(texts, at_a_time=64):
            compiled.Add(text.encode("utf-8", "replace"))
        probe = compiled.Add(_PROBE)
        compiled.Compile()
    except re2.error:
        return None
    for sample in _SAMPLES:
        compiled.Match(sample)
    return compiled if probe in (compiled.Match(_PROBE) or ()) else None
