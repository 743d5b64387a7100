"""A disk that refuses: called where a database commits or a file is about to be written."""

import errno
import os
import sqlite3
from collections.abc import Callable

from foundation.faults.fault import Hop
from foundation.faults.plan import Faults


def refusing_commits(plan: Faults, part: str) -> Callable[[], None]:
    """Return what a writer of SQLite calls before each commit; it raises as SQLite itself would."""

    def check() -> None:
        if plan.is_active and (one := plan.choose(Hop.DISK, endpoint=part)) is not None:
            said = "database or disk is full" if one.fault.effect == "full" else "disk I/O error"
            raise sqlite3.OperationalError(f"{said} (fault {one.id})")

    return check


def refusing_files(plan: Faults, part: str) -> Callable[[], None]:
    """Return what is called before a spool's file is written; it raises as the system would."""

    def check() -> None:
        if plan.is_active and plan.choose(Hop.SPOOL, endpoint=part) is not None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return check
