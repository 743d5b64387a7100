"""What a web or packet-filter line tells about a configuration that surprises people.

Each rule takes a parsed line. Causes are documented for the product; that a line shows one is
inferred from its keys.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from utm.logs.grammar import STAMP_FORMAT, ParsedLine
from utm.web_policy.lint_patterns import judge_pattern
from utmlab.logtools.findings import Said

_PATTERNS: Final = ("attr_domains", "attr_regexps", "attr_domain_regex")
_QUOTAS: Final = ("attr_sp_categories_quota", "attr_quota_tags")
_OLD: Final = timedelta(days=1)
_EMPTY: Final = frozenset({"", "[]", "-"})


def web_said(parsed: ParsedLine) -> Iterator[Said]:
    """Yield what the rules of this file say about a line with pairs."""
    if parsed.get("sys") == "SecureWeb":
        yield from _category(parsed)
        yield from _at_endpoint(parsed)
        yield from _late(parsed)
    elif parsed.process == "ulogd":
        yield from _quic(parsed)
    elif parsed.process == "confd":
        yield from _configured(parsed)


def _category(parsed: ParsedLine) -> Iterator[Said]:
    if parsed.get("url") and parsed.get("action") and parsed.get("category") is None:
        hint = "An exception skipped the URL filter: reports show such sites as Uncategorized."
        yield Said("no_category", "The line of a request has no category", hint)


def _at_endpoint(parsed: ParsedLine) -> Iterator[Said]:
    if parsed.process != "eplog":
        return
    url = parsed.get("url") or ""
    is_tunnel = parsed.get("method") == "CONNECT" or url.startswith("https:")
    if parsed.get("id") == "0072" and is_tunnel:
        hint = "Only a block is shown there. Block such sites, or expect them to pass."
        yield Said("https_warning", "A warning on HTTPS cannot be shown and was passed", hint)
    if parsed.get("reason") == "quota" and parsed.get("action") == "warn":
        yield Said("quota_as_warning", "A quota acts as a warning on an endpoint")


def _late(parsed: ParsedLine) -> Iterator[Said]:
    text = parsed.get("eventtime")
    if text is None:
        return
    try:
        happened = datetime.strptime(text, STAMP_FORMAT)  # noqa: DTZ007 - local time, as the stamp
    except ValueError:
        return
    if parsed.stamp - happened > _OLD:
        hint = "Endpoints keep activity while they are away; use eventtime, not the stamp."
        yield Said("late_record", "The browsing is more than a day older than the stamp", hint)


def _quic(parsed: ParsedLine) -> Iterator[Said]:
    is_quic = parsed.get("proto") == "17" and parsed.get("dstport") == "443"
    if is_quic and parsed.get("action") == "accept":
        hint = "Drop UDP 443, so that browsers fall back to TCP, which the web filter sees."
        yield Said("quic_passes", "UDP 443 was let through: browsers speak QUIC there", hint)


def _configured(parsed: ParsedLine) -> Iterator[Said]:
    for key, value in parsed.pairs:
        if key in _PATTERNS:
            for pattern in _listed(value):
                for _, sentence in judge_pattern(pattern):
                    yield Said("exception_pattern", sentence)
        elif key in _QUOTAS and value not in _EMPTY:
            hint = "Endpoints know no quota: node http.epp_quota_action says what it becomes."
            yield Said("quota_as_warning", f"{key} was set", hint)


def _listed(value: str) -> Iterator[str]:
    """Yield the patterns of a list; where a comma may belong to a pattern, none can be told."""
    if "{" in value:
        return
    for pattern in value.strip("[]").split(","):
        plain = pattern.strip(" '")
        if plain:
            yield plain
