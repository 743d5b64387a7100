"""What judging a log costs: a good web log, and one of epsecd, against simpler readers of it.

- The peers read the same bytes in the same run: `grep -cE` with the expression of the header, and
  a Python loop that matches the header of every line.
- Time is CPU time: our own process, and for grep that of the child.
"""

import io
import random
import re
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.result import Result, Target, compared
from utm.logs.catalogue import Daemon
from utmlab.logtools.lint import Linter
from utmlab.logtools.reading import split_lines

LINES = 60_000
ROUNDS = 5
TARGET = Target("value", ">=", 100_000)
_HEADER = r"^[0-9]{4}:[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}:[0-9]{2} [^ ]+ [^ ]+: (. )?id="
_HEADER_OF_A_LINE = re.compile(_HEADER.encode())
_BEGIN = datetime(2026, 11, 21, 6, tzinfo=UTC)


async def run() -> tuple[Result, ...]:
    """Measure."""
    rng = random.Random(1)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("lint, web lines", _web(rng)), ("lint, epsecd lines", _epsecd(rng))):
            file = Path(folder) / "x.log"
            file.write_bytes(data)
            results += _measure(name, data, file)
    return tuple(results)


def _measure(name: str, data: bytes, file: Path) -> tuple[Result, ...]:
    ours, loop, grep = [], [], []
    for _ in range(ROUNDS):
        grep.append(_rate(lambda: _grep(file), _of_children))
        loop.append(_rate(lambda: _headers(data), time.process_time))
        ours.append(_rate(lambda: _lint(data), time.process_time))
    unit = "lines per CPU second"
    first = compared(name, ours, unit, peer="a loop over headers in Python", theirs=loop)
    second = compared(f"{name} (grep)", ours, unit, peer="grep -cE of the header", theirs=grep)
    return first.judged(TARGET), second


def _lint(data: bytes) -> None:
    linter = Linter()
    found = list(linter.lint(split_lines(io.BytesIO(data))))
    assert not found, found[:3]
    assert linter.summary.lines == LINES


def _headers(data: bytes) -> None:
    count = sum(1 for line in io.BytesIO(data) if _HEADER_OF_A_LINE.match(line))
    assert count == LINES


def _grep(file: Path) -> None:
    counted = subprocess.run(
        ["grep", "-cE", _HEADER, str(file)], check=True, capture_output=True, env={"LC_ALL": "C"}
    )
    assert int(counted.stdout) == LINES


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _rate(work: Callable[[], object], clock: Callable[[], float]) -> float:
    began = clock()
    work()
    return LINES / (clock() - began)


def _web(rng: random.Random) -> bytes:
    daemon = Daemon(process="httpproxy", pid=6910, host="utm", zone=ZoneInfo("Europe/Berlin"))
    return "".join(f"{_web_line(daemon, number, rng)}\n" for number in range(LINES)).encode()


def _web_line(daemon: Daemon, number: int, rng: random.Random) -> str:
    is_blocked = rng.random() < 0.05
    values = {
        **dict.fromkeys(("cached", "authtime", "avscantime", "device"), "0"),
        **dict.fromkeys(("group", "ad_domain", "referer", "error", "exceptions"), ""),
        "action": "block" if is_blocked else "pass",
        "method": "GET",
        "srcip": f"192.0.2.{rng.randrange(1, 251)}",
        "dstip": "203.0.113.9",
        "user": f"user{rng.randrange(250)}",
        "statuscode": "403" if is_blocked else "200",
        "profile": "REF_DefaultHTTPProfile (Default Web Filter Profile)",
        "filteraction": "REF_DefaultHTTPCFFAction (Default content filter action)",
        "size": str(rng.randrange(100_000)),
        "request": f"0x{number:08x}",
        "url": f"http://www{number}.shop.example/item/{number}?page=2",
        **{key: str(rng.randrange(9999)) for key in ("dnstime", "aptptime", "cattime")},
        "fullreqtime": str(rng.randrange(99_999)),
        "auth": "2",
        "ua": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "category": "105,136",
        "reputation": "neutral",
        "categoryname": "Business,Online Shopping",
        "content-type": "text/html",
    }
    slug = "web_category_blocked" if is_blocked else "web_access"
    reason = {"reason": "category"} if is_blocked else {}
    return daemon.line(slug, _BEGIN + timedelta(seconds=number // 60), {**values, **reason})


def _epsecd(rng: random.Random) -> bytes:
    daemon = Daemon(process="epsecd", pid=5666, host="utm", zone=ZoneInfo("Europe/Berlin"))
    lines = []
    for number in range(LINES // 3):
        at = _BEGIN + timedelta(seconds=number)
        reports = ",".join("-1" for _ in range(rng.randrange(1, 4)))
        lines += [
            daemon.line("changeset_sent", at),
            daemon.line("reports_received", at),
            daemon.line("reports_acknowledged", at, {"reports": reports}),
        ]
    return "".join(f"{line}\n" for line in lines).encode()
