"""What is in a bundle: what the lab is, what is wrong with it, and the end of what it did.

- Everything is read beside whatever runs; what cannot be read is told instead, and the rest is
  there all the same: a bundle is wanted of a lab that is broken.
- Databases are told by their tables' sizes, the configuration without secrets; no host folder, no
  key and no policy is copied. Of the journal there are the last exchanges without their bodies:
  what is encoded in a body could not be blacked out.
"""

import importlib.metadata
import json
import os
import platform
import resource
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from endpoint.host import HostFolder
from endpoint.reading import EndpointArchive
from foundation.durable.database import open_for_reading
from foundation.errors import DomainError
from liveconnect.config import database_file
from utm.adoption import is_secret_node
from utm.storage import DATABASE
from utmlab.doctor import examine
from utmlab.journal import as_text
from utmlab.places import Places
from utmlab.settings import recall
from utmlab.stored import open_liveconnect, open_utm, stored_trace
from utmlab.stored_journal import StoredJournal
from utmlab.trace import as_record

END_BYTES: Final = 400_000
"""Of each log, as much of its end."""
EXCHANGES: Final = 500
"""So many of the last ones."""
Part = tuple[str, Callable[[], str]]


def parts(places: Places, now: datetime) -> Iterator[Part]:
    """Yield the name of each file and what makes its text."""
    yield "environment.json", lambda: _json(environment())
    yield "findings.json", lambda: _json([asdict(one) for one in examine(places, now)])
    yield "settings.json", lambda: _json(recall(places.settings))
    yield "utm.json", lambda: _json(_utm(places))
    yield "liveconnect.json", lambda: _json(_liveconnect(places))
    yield "configuration.json", lambda: _json(_configuration(places))
    yield "databases.json", lambda: _json(_databases(places))
    yield "trace.json", lambda: _json(as_record(stored_trace(places, None)))
    yield "journal.txt", lambda: _journal(places)
    for name in places.host_names():
        yield f"computers/{name}.json", _computer(places, name)
    for name, path in _logs(places):
        yield f"logs/{name}", _end_of(path)


def written(make: Callable[[], str]) -> str:
    """Return a part's text, or what kept it from being read."""
    try:
        return make()
    except (DomainError, OSError, sqlite3.Error, ValueError, KeyError) as error:
        return f"not to be read: {type(error).__name__}: {error}\n"


def environment() -> dict[str, Any]:
    """Return what this lab runs on; no variable of the environment, no address."""
    installed = {one.name: one.version for one in importlib.metadata.distributions()}
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return {
        "utmlab": installed.get("utmlab", ""),
        "python": sys.version,
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "open_files": {"soft": soft, "hard": hard},
        "packages": dict(sorted(installed.items())),
    }


def _utm(places: Places) -> dict[str, Any]:
    with closing(open_utm(places)) as utm:
        return {
            "status": utm.status(),
            "groups": utm.groups(),
            "endpoints": utm.endpoints(),
            "changesets": utm.changesets()[-50:],
        }


def _liveconnect(places: Places) -> dict[str, Any]:
    with closing(open_liveconnect(places)) as broker:
        utms = [asdict(one) for one in broker.tenants()]
        endpoints = [
            {
                "id": one.endpoint_id,
                "tenant": one.tenant,
                "name": one.computer_name,
                "enrolled_at": one.enrolled_at,
                "last_seen_at": one.last_seen_at,
                "removed_at": one.removed_at,
                "waiting": [each.command.app_id for each in one.queue.waiting],
                "policies": dict(one.queue.policies),
            }
            for utm in broker.tenants()
            for one in broker.endpoints(utm.tenant)
        ]
    return {"utms": utms, "endpoints": endpoints}


def _configuration(places: Places) -> dict[str, Any]:
    with closing(open_utm(places)) as utm:
        snapshot = utm.snapshot()
    kept = {key: value for key, value in snapshot.nodes.items() if not is_secret_node(key, value)}
    return {
        "change": snapshot.number,
        "objects": [one.document() for one in snapshot.objects.values()],
        "nodes": kept,
        "left_out": sorted(set(snapshot.nodes) - set(kept)),
    }


def _databases(places: Places) -> dict[str, Any]:
    paths = {
        "liveconnect": database_file(places.liveconnect),
        "utm": places.utm / DATABASE,
    }
    return {name: _database(path) for name, path in paths.items() if path.exists()}


def _database(path: Path) -> dict[str, Any]:
    with closing(open_for_reading(path)) as database:
        versions = dict(database.execute("SELECT room, version FROM _versions").fetchall())
        rows = {one: database.table(one).count for one in database.table_names()}
    return {"bytes": path.stat().st_size, "versions": versions, "rows": rows}


def _journal(places: Places) -> str:
    return as_text(StoredJournal(places).more()[-EXCHANGES:])


def _computer(places: Places, name: str) -> Callable[[], str]:
    def make() -> str:
        archive = EndpointArchive(places.host(name))
        progress = archive.setup
        content = {
            "id": archive.endpoint_id,
            "services": {key: asdict(one) for key, one in archive.services.items()},
            "products": [asdict(one) for one in archive.products],
            "setup": asdict(progress) if progress is not None else None,
            "proxy_url": archive.proxy_url,
            "enforced": archive.enforced,
        }
        return _json(content)

    return make


def _logs(places: Places) -> Iterator[tuple[str, Path]]:
    for name, path in places.operations_logs.items():
        yield f"operations/{name}.log", path
    for house in (places.liveconnect, places.utm):
        yield f"operations/{house.name}.stderr.txt", house / "stderr.txt"
    for path in sorted(places.utm_logs.glob("*.log")):
        yield f"utm/{path.name}", path
    for name in places.host_names():
        host = HostFolder(places.host(name))
        folders = (host.logs, host.web_control / "Logs", host.autoupdate / "Logs")
        for path in sorted(one for folder in folders for one in folder.glob("*.log")):
            yield f"endpoints/{name}/{path.name}", path


def _end_of(path: Path) -> Callable[[], str]:
    def make() -> str:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - END_BYTES))
            end = file.read()
        if size > END_BYTES:
            end = b"[the beginning is left out]\n" + end.partition(b"\n")[2]
        return end.decode(errors="replace")

    return make


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, default=str, ensure_ascii=False) + "\n"
