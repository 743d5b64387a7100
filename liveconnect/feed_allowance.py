"""How much a device may upload as data feeds: so many bytes within a minute.

- Counted as inflated, in memory: a restart forgives.
- Who is over it is told when to come again, and whether to keep what it could not send: a device
  that is told to purge drops its backlog instead of coming again with all of it.

Provenance: 429 with Retry-After and `{"purge": ...}` is documented; the measure is ours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=1)
_MOST_DEVICES: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLimits:
    """What is allowed.

    Attributes:
        bytes_per_minute: How much one device may upload in a minute.
        purge: Whether a device that is over it shall drop what waits.
    """

    bytes_per_minute: int = 120_000_000
    purge: bool = False


class FeedAllowance:
    """Counts what each device uploads."""

    def __init__(self, limits: FeedLimits) -> None:
        self.limits = limits
        self._used: dict[str, tuple[datetime, int]] = {}

    def wait_s(self, device_id: str, now: datetime) -> int:
        """Return the whole seconds that a device has to wait; 0 when it may upload."""
        began, used = self._window(device_id, now)
        if used < self.limits.bytes_per_minute:
            return 0
        return max(1, -((now - began - WINDOW) // timedelta(seconds=1)))

    def use(self, device_id: str, size: int, now: datetime) -> None:
        """Count an upload."""
        began, used = self._window(device_id, now)
        if len(self._used) >= _MOST_DEVICES:
            self._used.clear()
        self._used[device_id] = (began, used + size)

    def _window(self, device_id: str, now: datetime) -> tuple[datetime, int]:
        began, used = self._used.get(device_id, (now, 0))
        # A clock that was set back begins anew as well, or the device would wait for its return.
        return (began, used) if timedelta(0) <= now - began < WINDOW else (now, 0)
