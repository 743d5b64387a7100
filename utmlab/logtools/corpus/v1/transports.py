"""Lines as transports leave them: the twins of a log, each with the same expected records.

* `udp` and `tcp` hold one message per line, `<PRI>` in front; `octet` holds a frame per line, its
  length in front, as an RFC 6587 receiver counts it.
* `mangled` and `relayed` are what an RFC 3164 receiver stores; its clock is the UTM's.
* `cut-N` is the message of `udp` behind a receiver that takes N bytes.
* `latin-1` is the line on the disk of a UTM whose users are not in UTF-8.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

Twin = Callable[[str], bytes]
LIMITS: Final = (1_024, 2_048, 8_192)
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_PROCESS: Final = re.compile(r"\S+ \S+ ([^ \[:]+)")
_SEVERITY: Final = re.compile(r' severity="([a-z]+)"')
_LEVELS: Final = {"error": 3, "warning": 4, "notice": 5, "info": 6, "debug": 7}
_DAEMON: Final = 3 * 8
_OTHERS: Final = {"httpd": 181, "syslog-ng": 45, "/usr/sbin/cron": 78}


def priority(line: str) -> int:
    """Return the number of `<PRI>`: daemon and the line's severity, or what was seen publicly."""
    process = _PROCESS.match(line)
    if process is not None and process[1] in _OTHERS:
        return _OTHERS[process[1]]
    severity = _SEVERITY.search(line)
    return _DAEMON + (6 if severity is None else _LEVELS[severity[1]])


def _disk(line: str) -> bytes:
    return line.encode()


def _sent(line: str) -> bytes:
    return f"<{priority(line)}>{line}".encode()


def _octet(line: str) -> bytes:
    sent = _sent(line)
    return b"%d %b" % (len(sent), sent)


def _received(line: str) -> str:
    return f"{_MONTHS[int(line[5:7]) - 1]} {int(line[8:10]):2} {line[11:19]}"


def _mangled(line: str) -> bytes:
    return f"{_received(line)} localhost {line[:5]} {line[5:]}".encode()


def _relayed(line: str) -> bytes:
    return f"{_received(line)} relay <{priority(line)}>{line}".encode()


def _cut(limit: int) -> Twin:
    return lambda line: _sent(line)[:limit]


def _latin_1(line: str) -> bytes:
    return line.encode("latin-1", "replace")


DISK: Final = "disk"
TWINS: Final[Mapping[str, Twin]] = MappingProxyType(
    {
        DISK: _disk,
        "udp": _sent,
        "tcp": _sent,
        "octet": _octet,
        "mangled": _mangled,
        "relayed": _relayed,
        **{f"cut-{limit}": _cut(limit) for limit in LIMITS},
        "latin-1": _latin_1,
    }
)
"""By name; each makes the bytes of one line, without line feed."""
