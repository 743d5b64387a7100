"""A clock that is wrong: what a house or a computer reads while a fault skews it."""

from datetime import datetime, timedelta
from pathlib import Path

from foundation.faults.fault import Hop
from foundation.faults.plan import Faults
from foundation.faults.shared import FollowedPlan
from foundation.present import Now, utc_now


def skewed(plan: Faults, part: str, now: Now) -> Now:
    """Return the clock of a house or a computer: the one given, while nothing skews it."""

    def read() -> datetime:
        at = now()
        if not plan.is_active:
            return at
        fault = plan.standing(Hop.CLOCK, endpoint=part)
        return at if fault is None else at + timedelta(seconds=fault.value)

    return read


def shared_clock(folder: Path | None, part: str) -> Now:
    """Return the clock of a house that is a process of its own.

    Args:
        folder: Where a lab tells of its faults; None when it is in none.
        part: The house.
    """
    return utc_now if folder is None else skewed(FollowedPlan(folder), part, utc_now)
