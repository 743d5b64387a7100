r"""Whom and when a rule means: users, networks, time windows.

- No users, no networks, no time: the rule means everybody, everywhere, always.
- Users compare without case; `DOM\user` also matches a bare `user` (switch `user_domain`).
- A recurring window whose end is not after its start runs past midnight.
"""

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from foundation.webfilter.policy import TimeWindow
from foundation.webfilter.switches import SwitchBoard


def is_user_in(user: str, users: Iterable[str], board: SwitchBoard) -> bool:
    """Tell whether the user is one of those named."""
    name = user.casefold()
    if not name:
        return False
    bare = name.rpartition("\\")[2]
    exact = board.value("user_domain") == "exact"
    for wanted in users:
        folded = wanted.casefold()
        if folded == name:
            return True
        if exact:
            continue
        either_is_bare = "\\" not in folded or "\\" not in name
        if either_is_bare and folded.rpartition("\\")[2] == bare:
            return True
    return False


def is_address_in(address: str, networks: Iterable[str]) -> bool:
    """Tell whether the address lies in one of the networks; what cannot be read matches nothing."""
    try:
        wanted = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    for network in networks:
        try:
            parsed = ipaddress.ip_network(network, strict=False)
        except ValueError:
            continue
        if wanted.version == parsed.version and wanted in parsed:
            return True
    return False


def is_time_in(at: datetime, window: TimeWindow, zone: tzinfo | None) -> bool:
    """Tell whether the moment lies in the window, read in the zone or in the moment's own."""
    local = at.astimezone(zone) if zone is not None else at
    moment = local.replace(tzinfo=None)
    if window.kind == "single":
        return _is_in_single(moment, window)
    clock, weekday = moment.time(), moment.weekday()
    if window.start < window.end:
        return weekday in window.weekdays and window.start <= clock < window.end
    if clock >= window.start:
        return weekday in window.weekdays
    return clock < window.end and (moment - timedelta(days=1)).weekday() in window.weekdays


def _is_in_single(moment: datetime, window: TimeWindow) -> bool:
    if window.start_date is None or window.end_date is None:
        return False
    begin = datetime.combine(window.start_date, window.start)
    return begin <= moment < datetime.combine(window.end_date, window.end)


def zone_of(name: str, board: SwitchBoard) -> tzinfo | None:
    """Return the zone that time windows are read in; None means the endpoint's own."""
    if board.value("time_zone") == "endpoint":
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
