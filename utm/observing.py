"""What a UTM tells about itself: is it ready, and its numbers.

- Ready means that its database answers. A link that is down is told as a number: the appliance
  works without it, so nobody shall restart it for that.
- Everything is read when it is asked for.
"""

import asyncio
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING

from sqlite_utils import Database

from foundation.observation import Metric, Observation, Sample, gauge, labelled
from utm.logs.syslog_sender import SyslogState
from utm.reading import endpoints_view, status_view

if TYPE_CHECKING:
    from utm.app import Utm

DATABASE_PATIENCE_S = 5.0


async def observe(utm: "Utm") -> Observation:
    """Return how a UTM is now."""
    try:
        async with asyncio.timeout(DATABASE_PATIENCE_S):
            stored = await utm.writer.read(_of_database)
    except TimeoutError:
        wrong = f"the database does not answer within {DATABASE_PATIENCE_S:g} s"
        return Observation({"database": wrong})
    except (sqlite3.Error, RuntimeError) as error:
        return Observation({"database": f"the database does not answer: {error}"})
    return Observation({"database": ""}, (*stored, *_of_syslog(utm.remote_syslog.states())))


def _of_database(db: Database) -> tuple[Metric, ...]:
    status, computers = status_view(db), endpoints_view(db)
    states = Counter(
        "removed" if one["removed"] else "compliant" if one["compliant"] else "behind"
        for one in computers
    )
    is_up = bool(status["registered"]) and not status["link_down_since"]
    return (
        gauge("utm_endpoint_protection", "1 while it is switched on.", bool(status["enabled"])),
        gauge("utm_registered", "1 while registered.", bool(status["registered"])),
        gauge("utm_link_up", "1 while the link to LiveConnect is up.", is_up),
        gauge("utm_changeset", "Number of the newest changeset.", status["changeset"] or 0),
        gauge(
            "utm_changeset_waiting",
            "1 while it waits to be confirmed by LiveConnect.",
            bool(status["waiting"]),
        ),
        gauge("utm_log_lines_waiting", "Lines not in their file yet.", status["log_lines_waiting"]),
        labelled(
            "utm_endpoints",
            "gauge",
            "Endpoints, by how they stand to the newest changeset.",
            "state",
            {state: states[state] for state in ("compliant", "behind", "removed")},
        ),
    )


def _of_syslog(servers: tuple[SyslogState, ...]) -> tuple[Metric, ...]:
    """Tell of remote syslog as a whole: the names of servers are an administrator's to choose."""
    sums = {
        "sent": sum(one.sent for one in servers),
        "dropped": sum(one.dropped for one in servers),
    }
    waiting = sum(one.waiting for one in servers)
    samples = tuple(Sample(count, {"outcome": name}) for name, count in sums.items())
    return (
        Metric("utm_syslog_lines", "counter", "Lines for remote syslog, by outcome.", samples),
        gauge("utm_syslog_lines_waiting", "Lines that wait for a syslog server.", waiting),
    )
