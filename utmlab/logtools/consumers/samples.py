"""Lines of every kind, for the table of what consumers do with them.

They are made from the catalogue, so they are what this UTM writes; addresses are those of
documentation.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from utm.logs.catalogue import Daemon, LogProfile

_AT: Final = datetime(2026, 11, 21, 8, 59, 57, tzinfo=UTC)
_ZONE: Final = ZoneInfo("Europe/Berlin")
_WEB: Final = {
    "action": "pass",
    "method": "GET",
    "srcip": "192.0.2.10",
    "user": "ACME\\ann",
    "group": "",
    "ad_domain": "",
    "statuscode": "200",
    "cached": "0",
    "profile": "REF_DefaultHTTPProfile (Default Web Filter Profile)",
    "filteraction": "REF_DefaultHTTPCFFAction (Default content filter action)",
    "size": "4711",
    "request": "0x0a1b2c3d",
    "url": "http://www.example.com/shop?item=1",
    "referer": "",
    "error": "",
    **dict.fromkeys(("authtime", "dnstime", "aptptime", "cattime", "avscantime"), "0"),
    "fullreqtime": "12345",
    "device": "0",
    "auth": "0",
    "ua": "Mozilla/5.0 (X11; Linux x86_64)",
    "exceptions": "",
    "category": "105,136",
    "reputation": "neutral",
    "categoryname": "Business,Online Shopping",
    "content-type": "text/html",
}
_BLOCKED: Final = {**_WEB, "action": "block", "statuscode": "403", "reason": "category"}
_WARNED: Final = {**_BLOCKED, "action": "warn"}
_AT_OFFICE: Final = {"dstip": "203.0.113.9"}
_PROCEEDED: Final = {key: _WEB[key] for key in ("url", "srcip", "category", "categoryname")}
_SESSION: Final = {
    "user": "admin",
    "srcip": "192.0.2.10",
    "sid": "0" * 64,
    "facility": "webadmin",
    "client": "webadmin.plx",
}
_CHANGE: Final = {
    "class": "http",
    "type": "exception",
    "ref": "REF_HttExcIntranet",
    "objname": "Intranet",
    "user": "admin",
    "attr_status": "1",
    "oldattr_status": "0",
}
_PACKET: Final = {
    "action": "drop",
    "fwrule": "60001",
    "initf": "eth0",
    "srcip": "192.0.2.10",
    "dstip": "203.0.113.9",
    "proto": "6",
    "length": "60",
    "ttl": "63",
    "srcport": "51234",
    "dstport": "443",
    "tcpflags": "SYN",
}


def sample_lines() -> Iterator[tuple[str, str]]:
    """Yield the name of each kind of line and a line of it, as on disk."""
    epsecd, confd = _daemon("epsecd"), _daemon("confd")
    yield "epsecd 4233", epsecd.line("changeset_sent", _AT)
    yield "epsecd 4212", epsecd.line("reports_acknowledged", _AT, {"reports": "-1,-1"})
    for process in ("eplog", "httpproxy"):
        name = "eplog" if process == "eplog" else "eplog as httpproxy"
        yield f"{name} 0001", _daemon(process).line("endpoint_web_access", _AT, _WEB)
        yield f"{name} 0060", _daemon(process).line("endpoint_web_category_blocked", _AT, _BLOCKED)
    for profile in ("9.3", "9.6", "9.7"):
        yield f"http {profile} 0001", _web(profile, "web_access", _WEB)
        yield f"http {profile} 0060", _web(profile, "web_category_blocked", _BLOCKED)
    country = {"country": "Germany", "overridecategory": "1", "overridereputation": "1"}
    yield "http 9.7 0001 with country", _web("9.7", "web_access", {**_WEB, **country})
    yield "http 9.7 0071", _web("9.7", "web_warned", _WARNED)
    yield "http 0072", _daemon("httpproxy").line("web_proceeded", _AT, _PROCEEDED)
    yield "confd 3106", confd.line("authenticated", _AT, _SESSION)
    yield "confd 3100 object changed", confd.line("object_changed", _AT, _CHANGE)
    yield "ulogd 2001", _daemon("ulogd").line("packet_dropped", _AT, _PACKET) + " "


def _web(profile: LogProfile, slug: str, values: dict[str, str]) -> str:
    return _daemon("httpproxy", profile).line(slug, _AT, {**values, **_AT_OFFICE})


def _daemon(process: str, profile: LogProfile = "9.7") -> Daemon:
    return Daemon(process=process, pid=5666, host="utm", zone=_ZONE, profile=profile)
