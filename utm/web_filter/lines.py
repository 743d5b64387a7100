"""What the gateway's filter did, as lines of http.log. Pure: an activity in, lines out.

- The form is that of the web filter's own 9.7 lines (public): process `httpproxy`, ids 0001, 0002,
  0060, 0064, 0071, 0072 and the key order of the catalogue.
- Durations are microseconds; numbers that the emulation does not measure are `0`, never empty.
- The origin's address is `dstip`; a request that reached none (blocked, unreachable) leaves it out.
- Going on past a warning is 0072, with its four keys only; a tunnel that would have been warned of
  passed at once, so its 0072 is followed by the access line (ours).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from foundation.webfilter.activity import Activity
from foundation.webfilter.event import event_of
from utm.logs.catalogue import Daemon, catalogue
from utm.logs.eplog import is_address, web_values

LOG_NAME: Final = "http"
BLOCKED_SLUGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "category": "web_category_blocked",
        "uncategorized": "web_category_blocked",
        "extension": "web_extension_blocked",
    }
)
"""Reason code of a block to message; every other reason is the general `web_blocked`."""

_REDIRECTED = 303


def web_lines(activity: Activity, *, daemon: Daemon) -> tuple[str, ...]:
    """Write the lines of one exchange; none when its verdict is not to be logged."""
    if not activity.verdict.is_logged:
        return ()
    values = _values(activity)
    return tuple(
        daemon.line(slug, activity.at, _only_known(slug, values)) for slug in slugs(activity)
    )


def slugs(activity: Activity) -> tuple[str, ...]:
    """Return which messages of the catalogue an exchange is."""
    if activity.action == "block":
        return (BLOCKED_SLUGS.get(activity.verdict.reason.value, "web_blocked"),)
    if activity.action == "warn":
        return ("web_warned",)
    if activity.action == "proceed":
        is_tunnel = activity.status_code != _REDIRECTED
        return ("web_proceeded", "web_access") if is_tunnel else ("web_proceeded",)
    return ("web_access",)


def _values(activity: Activity) -> dict[str, str]:
    values = web_values(event_of(activity))
    values["error"] = activity.error
    values["fullreqtime"] = str(round(activity.milliseconds * 1000))
    if is_address(activity.server_address):
        values["dstip"] = activity.server_address
    return values


def _only_known(slug: str, values: Mapping[str, str]) -> dict[str, str]:
    message = catalogue().message(slug)
    return {key: value for key, value in values.items() if message.has_key(key)}
