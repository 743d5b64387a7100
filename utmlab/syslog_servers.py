"""How remote syslog goes, asked of the lab that runs: what waits is in its memory only."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from foundation.durable.folder import holder_of
from foundation.net.control import ControlClient, ControlError, NotRunningError
from utmlab.finding import Finding
from utmlab.places import Places


def syslog_servers(places: Places) -> list[dict[str, Any]]:
    """Return each server with `name`, `address`, `sent`, `waiting`, `dropped` and `trouble`.

    Empty when none is configured, when nothing runs, and when what runs does not answer.
    """
    if holder_of(places.data) is None:
        return []
    try:
        answer = asyncio.run(ControlClient(places.data).call("utm_remote_syslog"))
    except (NotRunningError, ControlError, TimeoutError):
        return []
    return list(answer["servers"])


def syslog_sentence(server: Mapping[str, Any]) -> str:
    """Return how it goes with one server."""
    counts = f"{server['sent']} lines sent, {server['waiting']} wait, {server['dropped']} dropped"
    trouble = f"; {server['trouble']}" if server["trouble"] else ""
    return f"{server['name']} ({server['address']}): {counts}{trouble}"


def syslog_findings(servers: Iterable[Mapping[str, Any]]) -> Iterable[Finding]:
    """Yield how it goes with each server; lines that wait for one are a warning."""
    for server in servers:
        is_well = not server["trouble"] and not server["dropped"]
        yield Finding("ok" if is_well else "warning", "remote syslog", syslog_sentence(server))
