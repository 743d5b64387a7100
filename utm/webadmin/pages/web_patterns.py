"""Long lists of patterns and sites in a form: what is wrong with which line. Pure.

- A pattern is refused here with every other bad line of the list, so that a paste of a thousand
  lines is put right in one go: line, character, reason, and what was probably meant.
- Lines count as the form shows them again: without empty ones and repetitions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from foundation.webfilter.patterns import PatternRefusedError, compile_pattern
from foundation.webfilter.sites import split_site
from utm.confd import Object
from utm.confd.values import Value
from utm.webadmin.filters import counted, shortened

MOST_LINES: Final = 10_000
_MOST_TOLD: Final = 20
_LONGEST_QUOTE: Final = 120


def pattern_problem(line: str) -> str:
    """Return why RE2 refuses a pattern, where, and what was meant; empty for one that runs."""
    try:
        compile_pattern(line)
    except PatternRefusedError as error:
        meant = f"; perhaps {shortened(error.suggestion, 200)} is meant" if error.suggestion else ""
        where = f"{_quoted(line)}, character {error.position + 1}"
        return f"{where}: {shortened(error.reason, 200)}{meant}"
    return ""


def site_problem(line: str) -> str:
    """Return why a line is no site; empty for a host, with or without a path."""
    if split_site(line)[0]:
        return ""
    return f"{_quoted(line)} is no host name, such as example.com"


def lines_problem(
    lines: Sequence[str], problem_of: Callable[[str], str], known: Sequence[str] = ()
) -> str:
    """Return what is wrong with a list, one bad line per line; empty when nothing is.

    Args:
        lines: The list as the form shows it.
        problem_of: Judges one line.
        known: What was stored before and is not judged again.
    """
    if len(lines) > MOST_LINES:
        return f"{counted(len(lines), 'line')}; a list holds {MOST_LINES:,} at most: make another"
    bad = list(_bad(lines, problem_of, frozenset(known)))
    told = bad[:_MOST_TOLD]
    if len(bad) > len(told):
        told.append(f"and {counted(len(bad) - len(told), 'more line')}")
    return "\n".join(told)


def judge_lines(
    attributes: Mapping[str, Value],
    found: Object | None,
    judges: Mapping[str, Callable[[str], str]],
) -> dict[str, str]:
    """Return what is wrong with the lists of an object, by field; what it held is not judged."""
    problems = {}
    for name, problem_of in judges.items():
        known = () if found is None else found.texts(name)
        problem = lines_problem(attributes.get(name, ()), problem_of, known)
        if problem:
            problems[name] = problem
    return problems


def _bad(
    lines: Sequence[str], problem_of: Callable[[str], str], known: frozenset[str]
) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if line not in known:
            problem = problem_of(line)
            if problem:
                yield f"Line {number}: {problem}"


def _quoted(line: str) -> str:
    return f"“{shortened(line, _LONGEST_QUOTE)}”"
