"""The present: how time reaches a component, and the real clock, which stands here once."""

from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]
"""Gives the present as an aware UTC datetime."""


def utc_now() -> datetime:
    """Return the present of the real clock, as an aware UTC datetime."""
    return datetime.now(UTC)
