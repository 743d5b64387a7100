"""Tells held report requests that a UTM has something to fetch.

- A bell carries nothing: what waits is in the store, so a ring too many does no harm.
"""

import asyncio


class ReportBells:
    """One bell per UTM."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}
        self.closed = False

    def open(self) -> None:
        """Let requests be held."""
        self.closed = False

    def close(self) -> None:
        """Wake everybody and let nobody wait any more."""
        self.closed = True
        self.ring_all()

    def ring_all(self) -> None:
        """Wake everybody."""
        for tenant in tuple(self._events):
            self.ring(tenant)

    def ring(self, tenant: str) -> None:
        """Wake whoever waits for the tenant's reports."""
        event = self._events.pop(tenant, None)
        if event is not None:
            event.set()

    def listen(self, tenant: str) -> asyncio.Event:
        """Return what the next ring sets; listen first, look into the store second."""
        return self._events.setdefault(tenant, asyncio.Event())
