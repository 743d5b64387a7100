"""Which endpoints are another one's past: a computer that was installed anew has a new id. Pure.

- The older of two endpoints with one computer name is superseded once it has been silent since the
  newer one enrolled. Two living computers may have one name: neither is superseded then.

Provenance: ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """When an endpoint enrolled and when it was heard of last."""

    tenant: str
    endpoint_id: str
    computer_name: str
    enrolled_at: datetime
    last_seen_at: datetime | None


def superseded(endpoints: Iterable[Appearance]) -> dict[str, str]:
    """Return, for each endpoint that is superseded, the newest that took its place."""
    by_computer: dict[tuple[str, str], list[Appearance]] = {}
    for each in endpoints:
        by_computer.setdefault((each.tenant, each.computer_name), []).append(each)
    found = {}
    for same in by_computer.values():
        newest = max(same, key=lambda one: (one.enrolled_at, one.endpoint_id))
        for each in same:
            heard = each.last_seen_at or each.enrolled_at
            if each is not newest and heard <= newest.enrolled_at:
                found[each.endpoint_id] = newest.endpoint_id
    return found
