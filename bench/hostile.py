"""What the dearest verdict costs: hostile URLs against hostile patterns.

- Known evil patterns and made-up ones: nested quantifiers, counted repetitions, large alternations,
  classes of Unicode. Those that would be refused when an admin saves them are left out, as a policy
  leaves them out; each policy has one of them, beside a hundred usual ones.
- URLs go up to the longest that the proxy takes, made of few letters, as patterns are.
- "Worst" is the dearest verdict, each at its best of three. "First" is the dearest of those that
  were asked for the first time, in which RE2 still builds the automaton for that URL: it is dear
  when a pattern needs a new state for each character, and no memory of states helps then.
"""

import random
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from foundation.categories.category_set import CategorySet
from foundation.webfilter.engine import Engine
from foundation.webfilter.patterns import pattern_or_none
from foundation.webfilter.policy import FilterAction, Profile, SiteList, WebPolicy
from foundation.webfilter.target import LONGEST_URL
from foundation.webfilter.verdict import WebRequest

if TYPE_CHECKING:
    from collections.abc import Callable

MADE_UP = 600
EVIL = (
    *("(a+)+$", "(a|b)*a(a|b){12}", "(a|b)*a(a|b){200}c", "(.*a){8}", "(x+x+)+y"),
    *("^(([a-z])+.)+[A-Z]([a-z])+$", "(a?){60}a{60}", "(.*)(.*)(.*)(.*)=$", "[ab]{500}c"),
    *("[^/]*/[^/]*/[^/]*/[^?]*\\?.*=.*&.*=.*", "(?:a|b|ab){500}c", "(?:a|b|ab){200}c"),
    *("(?:[ab]*a[ab]{20}){25}c", "([^/]*a[^/]{9}){5}c", r"(?:\pL*\d){5}x", r"\p{Cyrillic}+\d{9}"),
)
USUAL = tuple(
    text
    for n in range(50)
    for text in (rf"^https?://([A-Za-z0-9.-]*\.)?site{n}\.example/", rf"/part{n}/[0-9]+\.html")
)
LETTERS = ("ab", "a", "abc1", "ax/?&=.", "abcdefgh0123/-_", "%2e@:#ü", '"<ab')
HOSTS = ("games.example", "a." * 100 + "x", "0x7f.1", "[::1]", "user@h.example")
AT = datetime(2026, 11, 20, tzinfo=UTC)


def worst() -> dict[str, float]:
    """Return the CPU time in ms of the dearest verdict, repeated ("worst") and new ("first")."""
    rng = random.Random(5)
    patterns = (*EVIL, *(_pattern(rng, 1 + number % 3) for number in range(MADE_UP)))
    found = {"worst": 0.0, "first": 0.0}
    none = CategorySet({})
    for pattern in filter(pattern_or_none, patterns):
        engine = _engine(pattern)
        for letters in LETTERS:
            judge = partial(engine.verdict, WebRequest(_url(rng, letters), "GET", AT), none)
            first = _cpu_ms(judge)
            again = min(_cpu_ms(judge) for _ in "123")
            found["first"] = max(found["first"], first)
            found["worst"] = max(found["worst"], again)
    return {name: round(value, 3) for name, value in found.items()}


def _engine(pattern: str) -> Engine:
    lists = (SiteList(ref="B", mode="Regex", regexps=(*USUAL, pattern)),)
    action = FilterAction(ref="A", url_blacklist=lists)
    base = Profile(ref="P", default_action_ref="A", is_base=True)
    return Engine(WebPolicy(group_ref="G", profiles=(base,), actions=(action,)))


def _url(rng: random.Random, letters: str) -> str:
    head = f"http://{rng.choice(HOSTS)}/"
    length = rng.choice((2_000, LONGEST_URL - len(head), LONGEST_URL - len(head)))
    return head + "".join(rng.choices(letters, k=length))


def _pattern(rng: random.Random, depth: int) -> str:
    """Make a pattern of pieces that may hold patterns again."""
    atoms = ("a", "b", "[ab]", "[^/]", ".", r"\w", r"\d", r"\pL", r"\p{Greek}", "/", "ü")
    if depth == 0:
        return rng.choice(atoms)
    pieces = []
    for _ in range(rng.randrange(1, 4)):
        inner = _pattern(rng, depth - 1)
        if rng.random() < 0.3:
            words = ("".join(rng.choices("abc", k=5)) for _ in range(rng.choice((2, 20, 90))))
            inner = "|".join((inner, *words))
        count = rng.choice((4, 9, 30, 100))
        ends = ("", "*", "+", "?", f"{{{count}}}", f"{{1,{count}}}", "{2,}")
        pieces.append(f"(?:{inner}){rng.choice(ends)}")
    return "".join(pieces)


def _cpu_ms(work: "Callable[[], object]") -> float:
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000
