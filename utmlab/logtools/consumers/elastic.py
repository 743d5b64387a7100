"""Elastic's integration for Sophos UTM, 3.5.1 and later (public: its pipelines, restated).

* The header is one grok; the process decides what happens to the rest, and only four are known.
* Web lines are split where a blank is followed by `key="`; a part without `=` is an error.
* Numbers, addresses and the URL are converted, and an empty value cannot be.
* Names of fields that the rules leave open are ECS's own (inferred). What becomes of dns and dhcp
  lines is not restated here.
"""

import re
from datetime import datetime
from ipaddress import ip_address
from typing import Final

from utmlab.logtools.consumers.outcome import Outcome, Stop, Value, header_only, nothing
from utmlab.logtools.consumers.steps import step, walk

PROVIDERS: Final = {
    "named": "dns",
    "dhcpd": "dhcp",
    "httpproxy": "http",
    "ulogd": "packetfilter",
}
SEVERITIES: Final = {
    word: number
    for number, word in enumerate(
        ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
    )
}
NUMBERS: Final = frozenset(
    {"size", "statuscode", "aptptime", "authtime", "avscantime", "cattime", "dnstime"}
    | {"fullreqtime"}
)
LISTS: Final = frozenset({"category", "categoryname", "exceptions"})
ADDRESSES: Final = {"srcip": "source.ip", "dstip": "destination.ip"}
NAMES: Final = {
    **ADDRESSES,
    "request": "http.request.id",
    "ua": "user_agent.original",
    "url": "url.original",
    "user": "user.name",
    "referer": "http.request.referrer",
    "group": "group.name",
    "device": "device.id",
    "application": "network.application",
}
_HEADER: Final = (
    step("a number in <> or the date", r"(?:<(?P<priority>\d+)>\s*+)?"),
    step("the year", r"(?P<year>(?:\d\d){1,2}):"),
    step("month and day", r"(?P<date>(?:0?[1-9]|1[0-2]):(?:0[1-9]|[12]\d|3[01]|[1-9]))-"),
    step("a time", r"(?P<time>(?:2[0-3]|[01]?\d):[0-5]\d:(?:[0-5]?\d|60)) "),
    step(
        "a host name and a space",
        r"(?P<host>[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*+\.?) ",
    ),
    step("a process and `: `", r"(?P<process>.*?)(?:\[(?P<pid>[1-9]\d*+)\])?: "),
)
_SPLIT: Final = re.compile(r' (?=[a-z0-9_-]++=")')
_URI: Final = re.compile(
    r'(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*+)://(?P<host>[^/?#\s"<>\\^`{|}]*+)'
    r'[^\s"<>\\^`{|}]*+'
)


def read(text: str) -> Outcome:
    """Return the fields of one event."""
    walked = walk(text, _HEADER)
    if walked.stop is not None:
        return nothing(walked.stop.column, f"the header grok {walked.stop.reason}")
    groups = walked.groups
    stamp = f"{groups['year']}:{groups['date']}-{groups['time']}"
    fields: dict[str, Value] = {"host.hostname": groups["host"]}
    try:
        at = datetime.strptime(stamp, "%Y:%m:%d-%H:%M:%S")  # noqa: DTZ007 - zone is the consumer's
    except ValueError:
        return nothing(1, f"the date processor refuses {stamp}")
    fields["@timestamp"] = f"{at.isoformat()} in event.timezone"
    process = groups.get("process", "")
    fields["process.name"] = process
    fields |= {"process.pid": int(groups["pid"])} if "pid" in groups else {}
    fields |= {"log.syslog.priority": int(groups["priority"])} if "priority" in groups else {}
    provider = PROVIDERS.get(process)
    if provider in {"http", "packetfilter"}:
        return _message(text, walked.end, {**fields, "event.provider": provider})
    reason = f"lines of {process!r} are not routed: named, dhcpd, httpproxy and ulogd are"
    return header_only(fields, walked.end + 1, reason)


def _message(text: str, start: int, fields: dict[str, Value]) -> Outcome:
    position = start
    values: dict[str, tuple[str, int]] = {}
    for part in _SPLIT.split(text[start:]):
        key, is_pair, value = part.partition("=")
        if not is_pair:
            return header_only(fields, position + 1, f"kv finds no `=` in {part[:20]!r}")
        values[key] = value.strip('" '), position + len(key) + 3
        position += len(part) + 1
    converted = dict(fields)
    for key, (value, column) in values.items():
        stop = _convert(key, value, column, converted)
        if stop is not None:
            return Outcome(reach="header", fields=fields, stop=stop)
    action, reason = (values.get(key, ("", 0))[0] for key in ("action", "reason"))
    if action:
        converted["event.action"] = f"{action}-{reason}" if reason else action
    severity = SEVERITIES.get(values.get("severity", ("", 0))[0])
    converted |= {"log.syslog.severity.code": severity} if severity is not None else {}
    return Outcome(reach="message", fields=converted)


def _convert(key: str, value: str, column: int, fields: dict[str, Value]) -> Stop | None:
    if key in {"action", "reason", "severity"}:
        return None
    name = NAMES.get(key) or f"sophos.utm.{key.replace('-', '_')}"
    if key in NUMBERS:
        if not value.isdecimal():
            return Stop(column, f"{key} cannot be converted to a number: {value!r}")
        fields[name] = int(value)
    elif key in ADDRESSES and not _is_address(value):
        return Stop(column, f"{key} is no address: {value!r}")
    elif key in LISTS:
        fields[name] = tuple(value.split(","))
    elif key == "url":
        uri = _URI.fullmatch(value)
        if uri is None:
            return Stop(column, f"uri_parts finds no valid URI: {value[:40]!r}")
        fields |= {name: value, "url.scheme": uri["scheme"], "url.domain": uri["host"]}
    else:
        fields[name] = value
    return None


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
