"""A component's outbox: notices that wait for the MCS Agent, one small file each.

* A notice gets its id once, when it is written; whoever carries it on recognises it by that id.
* A file appears whole, and is removed only after the agent stored the event for sending.
* A damaged file is set aside for a person; it never stops the ones behind it.

Provenance: gathering notifications by folder is the seed's (MCS-09); ids follow the public shape
`YYYYMMDDhhmmss` + hexadecimal counter; the file format is ours.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from foundation.durable.files import remove, write_atomic
from foundation.service import Now

_VERSION: Final = 1
_STARTS: Final = "starts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that happened in a component.

    Attributes:
        id: Chosen once; also the file's name.
        app_id: The app in whose name it is reported.
        at: When it happened.
        body: The event's body as it goes on the wire, unescaped.
    """

    id: str
    app_id: str
    at: datetime
    body: str


class Outbox:
    """The outbox of one component.

    Args:
        folder: Where the notices lie; made when the first one comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, notice: Notice, *, sync: bool = True) -> None:
        """Store a notice; without `sync` it survives a killed process but not a power cut."""
        document = {
            "version": _VERSION,
            "app": notice.app_id,
            "at": notice.at.isoformat(),
            "body": notice.body,
        }
        data = json.dumps(document, ensure_ascii=False).encode()
        write_atomic(self._folder / f"{notice.id}.json", data, sync=sync)

    def notices(self) -> Iterator[Notice]:
        """Yield what waits, oldest id first; a file that cannot be read is set aside."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                notice = _read(path.stem, json.loads(path.read_bytes()))
            except FileNotFoundError:
                continue
            except (ValueError, KeyError, TypeError):
                path.replace(path.with_suffix(".damaged"))
                continue
            yield notice

    def count(self) -> int:
        """Count what waits."""
        return sum(1 for _ in self._folder.glob("*.json"))

    def damaged(self) -> int:
        """Count the files that were set aside."""
        return sum(1 for _ in self._folder.glob("*.damaged"))

    def taken(self, notice_id: str) -> None:
        """Remove a notice that was carried on."""
        remove(self._folder / f"{notice_id}.json", sync=False)


class NoticeIds:
    """Ids that are unique on this host, over restarts too, and sort by time.

    Args:
        folder: The outbox's folder; it remembers how often the component was started.
        now: The present.
    """

    def __init__(self, folder: Path, now: Now) -> None:
        self._now = now
        self._starts = _count_start(folder / _STARTS)
        self._numbers = count()

    def next(self) -> str:
        """Return the next id."""
        number = next(self._numbers)
        return f"{self._now():%Y%m%d%H%M%S}{self._starts & 0xFFFF:04x}{number & 0xFFFFFFFF:08x}"


def _count_start(path: Path) -> int:
    try:
        starts = int(path.read_text())
    except (FileNotFoundError, ValueError):
        starts = 0
    write_atomic(path, str(starts + 1).encode())
    return starts + 1


def _read(notice_id: str, document: Any) -> Notice:
    if document["version"] != _VERSION:
        raise ValueError(f"notice of version {document['version']}")
    at = datetime.fromisoformat(document["at"])
    if at.tzinfo is None:
        raise ValueError("a notice's time lacks its zone")
    return Notice(id=notice_id, app_id=str(document["app"]), at=at, body=str(document["body"]))
