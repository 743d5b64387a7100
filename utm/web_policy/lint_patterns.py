r"""Patterns that do not mean what people think they mean.

- Documented pain points: `*.example.com` is no pattern; `http://.*example\.com` also matches
  `http://www.google.com/search?www.example.com`; without `^` a host is found in queries, without
  `/` at its end a longer host matches; of HTTPS only the host is seen.
- A judgement from the text alone: what cannot be told from it is not reported.
"""

from collections.abc import Iterator
from typing import Final

import re2

from foundation.webfilter.patterns import PatternRefusedError, compile_pattern

_START: Final = re2.compile(r"^\(*(\^|\\A)")
_SCHEME: Final = re2.compile(r"^\^(\(\?:|\()?https?(\|https?)?\)?(\(s\)\?|\?)?:(\\?/){2}")
_HTTPS_ONLY: Final = re2.compile(r"^\^https:(\\?/){2}")
_ANYTHING: Final = re2.compile(r"(^|[^\\])\.[*+]")
_TLD_AT_END: Final = re2.compile(r"\\?\.[A-Za-z]{2,}$")


def judge_pattern(text: str) -> Iterator[tuple[str, str]]:
    """Yield (code, sentence) for each thing to say about a pattern over a URL."""
    try:
        compile_pattern(text)
    except PatternRefusedError as error:
        meant = f"; perhaps {error.suggestion} is meant" if error.suggestion else ""
        yield (
            "inactive_pattern",
            f"{text!r} matches nothing: {error.reason} at character {error.position + 1}{meant}",
        )
        return
    if _START.search(text) is None:
        yield (
            "unanchored_pattern",
            f"{text!r} is found anywhere in a URL, also in a query: begin it with ^https?://",
        )
        return
    scheme = _SCHEME.search(text)
    if scheme is not None:
        yield from _judge_rest(text, text[scheme.end() :])


def _judge_rest(text: str, rest: str) -> Iterator[tuple[str, str]]:
    """Judge what stands after the scheme: the host, and what follows it."""
    host = _without_classes(rest)
    end = host.find("/")
    has_end = end >= 0 or "$" in host or "\\z" in host
    host_part = host if end < 0 else host[:end]
    if _ANYTHING.search(host_part) is not None:
        yield (
            "wide_pattern",
            f"{text!r}: .* does not stop at the end of the host: write [A-Za-z0-9.-]* for any host",
        )
    elif not has_end and _TLD_AT_END.search(rest) is not None:
        yield (
            "open_ended_pattern",
            f"{text!r} also matches longer hosts, such as …{rest[-4:]}.evil.example: end it with /",
        )
    if _HTTPS_ONLY.search(text) is not None and end >= 0 and host[end + 1 : end + 2].isalnum():
        yield (
            "path_in_https",
            f"{text!r} never matches on endpoints: of an HTTPS URL only the host is seen",
        )


def _without_classes(text: str) -> str:
    """Return the pattern with each [...] as one letter, and slashes without a backslash."""
    made, is_inside = [], False
    for letter in text.replace("\\/", "/"):
        if is_inside:
            is_inside = letter != "]"
        elif letter == "[":
            is_inside = True
            made.append("x")
        else:
            made.append(letter)
    return "".join(made)
