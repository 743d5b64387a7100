"""What is wrong with a lab, in sentences: what waits, since when, and what holds meanwhile.

- Reads stored state, so it also works with nothing running; of a running lab it also tries whether
  the gateway can be reached.
"""

import importlib.metadata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from endpoint.reading import EndpointArchive
from foundation.durable.folder import holder_of
from utmlab.active_faults import fault_findings
from utmlab.ca_findings import ca_findings
from utmlab.filtering import filter_findings
from utmlab.finding import Finding
from utmlab.places import Places
from utmlab.stored import open_utm
from utmlab.syslog_servers import syslog_findings


def examine(
    places: Places,
    now: datetime,
    syslog: Sequence[Mapping[str, Any]] = (),
    faults: Sequence[Mapping[str, Any]] = (),
) -> tuple[Finding, ...]:
    """Return the findings about a lab, and about the environment it runs in.

    Args:
        places: Where the lab keeps its things.
        now: The present.
        syslog: `utmlab.syslog_servers.syslog_servers`.
        faults: `utmlab.active_faults.active_faults`.

    Raises:
        NothingStoredError: If the data folder holds no lab.
    """
    with closing(open_utm(places)) as utm:
        status, endpoints = utm.status(), utm.endpoints()
        filter_port = int(utm.snapshot().node("http.port") or 0)
    houses = {"LiveConnect": holder_of(places.liveconnect), "the UTM": holder_of(places.utm)}
    return (
        *environment_findings(importlib.metadata.packages_distributions()),
        *running_findings(
            holder_of(places.data),
            houses,
        ),
        *utm_findings(status, now),
        *fault_findings(faults),
        *ca_findings(places.liveconnect / "pki", now),
        *syslog_findings(syslog),
        *endpoint_findings(endpoints, status["changeset"]),
        *filter_findings(
            places,
            [name for name in places.host_names() if EndpointArchive(places.host(name)).proxy_url],
            wanted_port=filter_port,
            is_running=houses["the UTM"] is not None,
        ),
    )


def environment_findings(providers: Mapping[str, list[str]]) -> Iterable[Finding]:
    """Yield what is wrong with the Python environment.

    Args:
        providers: Import name to the distributions that install it.
    """
    others = sorted(set(providers.get("utm", [])) - {"utmlab"})
    if others:
        sentence = (
            f"the package {', '.join(others)} also installs `utm`: "
            "give utmlab an environment of its own"
        )
        yield Finding("error", "environment", sentence)


def utm_findings(status: Mapping[str, Any], now: datetime) -> Iterable[Finding]:
    """Yield what the UTM's own state tells.

    Args:
        status: `utm.reading.status_view`.
        now: The present.
    """
    if not status["enabled"]:
        yield Finding("warning", "utm", "Endpoint Protection is off; `utmlab utm enable`")
    elif not status["registered"]:
        yield Finding("error", "utm", "not registered with LiveConnect; `utmlab utm register`")
    if status["link_down_since"]:
        since = datetime.fromisoformat(status["link_down_since"])
        sentence = (
            f"the link to LiveConnect is down since {since:%H:%M:%S} UTC ({_age(since, now)})"
        )
        yield Finding("error", "link", sentence)
    elif status["registered"]:
        yield Finding("ok", "link", f"registered as {status['utm_id']}")
    waiting = status["waiting"]
    if waiting:
        since = datetime.fromisoformat(waiting["since"])
        enforced = waiting["enforced_meanwhile"]
        meanwhile = f"changeset {enforced}" if enforced else "no changeset"
        sentence = (
            f"changeset {waiting['changeset']} waits to be sent since {since:%H:%M:%S} UTC "
            f"({_age(since, now)}); meanwhile endpoints enforce {meanwhile}"
        )
        yield Finding("warning", "changeset", sentence)
    elif status["changeset"]:
        yield Finding("ok", "changeset", f"changeset {status['changeset']} is with LiveConnect")
    if status["log_lines_waiting"]:
        sentence = f"{status['log_lines_waiting']} log lines wait for the disk"
        yield Finding("warning", "logs", sentence)


def endpoint_findings(
    endpoints: Iterable[Mapping[str, Any]], newest: int | None
) -> Iterable[Finding]:
    """Yield what endpoints have reported.

    Args:
        endpoints: `utm.reading.endpoints_view`; those of one name are told apart by their ids.
        newest: The number of the newest changeset.
    """
    listed = list(endpoints)
    bearers = Counter(one["name"] for one in listed)
    for one in listed:
        name = one["name"] if bearers[one["name"]] == 1 else f"{one['name']} {one['id']}"
        if one["removed"]:
            yield Finding("warning", name, "removed: LiveConnect refuses it")
            continue
        broken = [
            f"{app} ({status['details'].get('reason', 'differs')})"
            for app, status in one["statuses"].items()
            if status["res"] == "Diff"
        ]
        if broken:
            yield Finding("error", name, f"could not apply {', '.join(broken)}")
        elif one["compliant"]:
            yield Finding("ok", name, f"complies with changeset {newest}")
        else:
            known = one["complies_with"]
            last = f"changeset {known}" if known else "none that it reported"
            yield Finding("warning", name, f"not at changeset {newest} yet; enforces {last}")


def running_findings(lab: int | None, houses: Mapping[str, int | None]) -> Iterable[Finding]:
    """Yield what runs, and what should not or no longer does.

    Args:
        lab: The process that runs the lab, None when none does.
        houses: The processes of its houses by their names.
    """
    if lab is None:
        yield Finding("ok", "lab", "nothing runs; this is the stored state")
    else:
        yield Finding("ok", "lab", f"runs as process {lab}")
    for name, pid in houses.items():
        if lab is not None and pid is None:
            sentence = f"{name} does not run, though the lab does; starting the lab again starts it"
            yield Finding("error", "lab", sentence)
        elif lab is None and pid is not None:
            sentence = f"{name} runs without its lab, as process {pid}; `kill {pid}` ends it"
            yield Finding("warning", "lab", sentence)


def _age(since: datetime, now: datetime) -> str:
    seconds = max((now - since).total_seconds(), 0.0)
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
