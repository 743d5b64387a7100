"""Browsing of endpoints as lines of eplog.log. Pure: an event in, a line out.

* No real eplog.log line is public. The form is that of the web filter's own line (ids and key
  order of 9.7), so that parsers of http.log read it; a daemon named `httpproxy` instead of
  `eplog` serves those that look at the process (ours).
* What a consumer turns into a number or an address is a number or an address: unknown numbers
  are `0`, an unknown `srcip` or `dstip` is left out.
* When an exception skipped the URL filter there is no category in the line (public: that is why
  reports show such sites as Uncategorized).
* The stamp is the arrival's. Browsing that is reported more than five minutes late has its own
  time in `eventtime`, after all public keys; a prompt line has exactly the public ones (ours).
* Every URL is a valid URI with a path, since consumers take it apart.
"""

import re
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

from foundation.categories.category import UNCATEGORIZED, UNCATEGORIZED_ID
from foundation.categories.names import category_name
from foundation.protocol.events import WebControlEvent
from foundation.webfilter.activity import Activity
from foundation.webfilter.event import event_of
from foundation.webfilter.verdict import Verdict, WebRequest
from utm.logs.catalogue import Daemon, catalogue, local_time

BLOCKED_SLUGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "category": "endpoint_web_category_blocked",
        "uncategorized": "endpoint_web_category_blocked",
        "extension": "endpoint_web_extension_blocked",
    }
)
"""Reason code of a block to message; every other reason is the general `web request blocked`."""

LOGGED_REASONS: Final[Mapping[str, str]] = MappingProxyType({"uncategorized": "category"})
"""Reason codes that the web filter's own vocabulary calls otherwise."""

SKIP_WORDS: Final[Mapping[str, str]] = MappingProxyType({"ssl_scanning": "ssl"})
"""Skip-list values whose log word differs (public: `ssl,certcheck,certdate`)."""

_SKIPS_FIRST: Final = ("ssl_scanning", "certcheck", "certdate")
"""Those that public lines write in this order; the others stand behind them, sorted (ours)."""

LONGEST_VALUE: Final = 4096
LATE: Final = timedelta(minutes=5)
STAMP: Final = "%Y:%m:%d-%H:%M:%S"

_NUMBERS = (
    "cached",
    "authtime",
    "dnstime",
    "aptptime",
    "cattime",
    "avscantime",
    "fullreqtime",
    "device",
    "auth",
)
_EMPTY = ("group", "ad_domain", "error")
_ACTIONS = {"allow": "pass", "proceed": "pass", "warn": "warn", "block": "block"}
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~"


def web_event_line(event: WebControlEvent, *, daemon: Daemon, at: datetime) -> str:
    """Write the line of one request that an endpoint's Web Control decided.

    Args:
        event: What the endpoint reported.
        daemon: Whose line it is.
        at: The moment of the stamp. The appliance's daemon logs when the report arrives, so late
            reports land in today's file.
    """
    values = web_values(event)
    if at - event.at > LATE:
        values["eventtime"] = format(local_time(event.at, daemon.zone), STAMP)
    return daemon.line(message_slug(event), at, values)


def message_slug(event: WebControlEvent) -> str:
    """Return which message of the catalogue an event is."""
    if event.action == "block":
        return BLOCKED_SLUGS.get(event.reason, "endpoint_web_blocked")
    return {
        "allow": "endpoint_web_access",
        "warn": "endpoint_web_warned",
        "proceed": "endpoint_web_proceeded",
    }[event.action]


def verdict_id(request: WebRequest, verdict: Verdict) -> str:
    """Return the message id of the line that a verdict will cause; empty when none is logged."""
    if not verdict.is_logged:
        return ""
    activity = Activity(request=request, verdict=verdict, action=verdict.action, status_code=0)
    return catalogue().message(message_slug(event_of(activity))).id


def web_values(event: WebControlEvent) -> dict[str, str]:
    """Return what stands behind the keys of a web line, apart from the leading ones."""
    url = loggable_url(event.url, event.method)
    values = {
        "action": _ACTIONS[event.action],
        "method": event.method,
        "user": event.user,
        "statuscode": str(event.status_code or _default_status(event)),
        "profile": _reference(event.profile_ref, event.profile_name),
        "filteraction": _reference(event.filter_action_ref, event.filter_action_name),
        "size": str(event.size),
        "request": _request_id(event),
        "url": url,
        "referer": event.referer[:LONGEST_VALUE],
        "ua": event.user_agent[:LONGEST_VALUE],
        "exceptions": ",".join(_skip_words(event.exceptions)),
        **dict.fromkeys(_NUMBERS, "0"),
        **dict.fromkeys(_EMPTY, ""),
        **_category(event),
        **_blocked_part(event, url),
    }
    if is_address(event.client_ip):
        values["srcip"] = event.client_ip
    if event.content_type:
        values["content-type"] = event.content_type
    return values


def loggable_url(url: str, method: str) -> str:
    """Return the URL as a valid URI with a path; a tunnel's `host:443` becomes `https://host/`."""
    if "://" not in url:
        scheme = "https" if method == "CONNECT" else "http"
        port = ":443" if method == "CONNECT" else ":80"
        host, _, rest = url.partition("/")
        url = f"{scheme}://{host.removesuffix(port)}/{rest}"
    found = _AUTHORITY.match(url)
    if found is not None and url[found.end() : found.end() + 1] != "/":
        url = f"{found[0]}/{url[found.end() :]}"
    return quote(url[:LONGEST_VALUE], safe=_URL_SAFE, errors="replace")


def _skip_words(skips: Iterable[str]) -> Iterable[str]:
    named = set(skips)
    ordered = (*_SKIPS_FIRST, *sorted(named.difference(_SKIPS_FIRST)))
    return (SKIP_WORDS.get(skip, skip) for skip in ordered if skip in named)


def _category(event: WebControlEvent) -> dict[str, str]:
    if "url_filter" in event.exceptions:
        return {}
    ids = event.category_ids or (UNCATEGORIZED_ID,)
    known = [
        category_name(number) or ("Uncategorized" if number == UNCATEGORIZED_ID else "")
        for number in ids
    ]
    if len(ids) == 1 and event.category_name:
        known = [event.category_name]
    return {
        "category": ",".join(map(str, ids)),
        "reputation": event.reputation or UNCATEGORIZED.reputation,
        "categoryname": ",".join(known),
    }


def _blocked_part(event: WebControlEvent, url: str) -> dict[str, str]:
    if event.action not in {"block", "warn"}:
        return {}
    reason = {"reason": LOGGED_REASONS.get(event.reason, event.reason)}
    if event.action == "warn" or event.reason != "extension":
        return reason
    name = re.split(r"[?#]", url, maxsplit=1)[0].rpartition("/")[2]
    extension = name.rpartition(".")[2] if "." in name else ""
    return {**reason, "extension": extension, "filename": name}


def _default_status(event: WebControlEvent) -> int:
    return 403 if event.action in {"block", "warn"} else 200


def _reference(ref: str, name: str) -> str:
    return f"{ref} ({name})" if ref and name else ref


def _request_id(event: WebControlEvent) -> str:
    """The filter logs an address in memory; here it is made of the event, the same each time."""
    identity = f"{event.at.timestamp()} {event.user} {event.method} {event.url}"
    return f"0x{zlib.crc32(identity.encode('utf-8', 'replace')):08x}"


def is_address(text: str) -> bool:
    """Whether a consumer can read a text as an address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
