"""What replaying an archive costs: web lines against a policy with lists, patterns, a time rule.

- The lines are generated: 250 people, each at a desk; every URL is new, one in twenty disagrees.
- The floor is finding the pairs of the same lines with one regular expression.
"""

import io
import random
import re
import time
from collections.abc import Callable
from functools import partial

from bench.proxy_policy import office_policy
from bench.result import Result, Target, compared
from utmlab.logtools.reading import split_lines
from utmlab.replay.replay import Replay

LINES = 40_000
ROUNDS = 5
TARGET = Target("value", ">=", 20_000)
_PAIRS = re.compile(rb'([a-z0-9_-]+)="([^"]*)"')


async def run() -> tuple[Result, ...]:
    """Measure."""
    data = _archive(random.Random(1))
    policy = office_policy()
    ours, floor = [], []
    for _ in range(ROUNDS):
        floor.append(_rate(lambda: [_PAIRS.findall(line) for line in io.BytesIO(data)]))
        ours.append(_rate(partial(Replay(policy).feed, "http.log", split_lines(io.BytesIO(data)))))
    result = compared(
        "replay", ours, "lines per CPU second", peer="pairs by one expression", theirs=floor
    )
    return (result.judged(TARGET),)


def _rate(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return LINES / (time.process_time() - began)


def _archive(rng: random.Random) -> bytes:
    return "".join(_line(number, rng) for number in range(LINES)).encode()


def _line(number: int, rng: random.Random) -> str:
    category, desk = "116" if rng.random() < 0.05 else "136", rng.randrange(1, 251)
    return (
        f"2025:03:14-09:{number // 60 % 60:02}:{number % 60:02} fw1 httpproxy[7040]: "
        'id="0001" severity="info" sys="SecureWeb" sub="http" name="http access" action="pass" '
        f'method="GET" srcip="192.0.2.{desk}" dstip="203.0.113.9" '
        f'user="user{desk}" group="" ad_domain="ACME" statuscode="200" cached="0" '
        'profile="REF_HttProOffice (Office)" filteraction="REF_HttCffOffice (Office)" size="4711" '
        f'request="0x{number:08x}" url="http://www{number}.shop.example/item/{number}?page=2" '
        'referer="" error="" authtime="0" dnstime="1" aptptime="12" cattime="98" avscantime="0" '
        'fullreqtime="12345" device="0" auth="2" ua="Mozilla/5.0 (X11; Linux x86_64)" '
        f'exceptions="" category="{category}" reputation="neutral" categoryname="Online Shopping" '
        'content-type="text/html"\n'
    )
