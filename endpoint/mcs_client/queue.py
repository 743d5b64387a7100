r"""The command queue: what was received and is not finished, one file per command.

* A command is on disk before it is acknowledged, and leaves only when its work is done (MCS-07).
* The order is the order of arrival; a restart goes on where it stopped.
* A command is recognised by its id: one that is queued is not queued twice, and one that was
  finished is only acknowledged again.
* The newest 500 finished ids are remembered; another identity begins with an empty memory, since
  another server may count its commands from 1 again.

Provenance: the folder and its files are ours; "removing what has been successfully actioned" is
the seed's.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from endpoint.ledger import Ledger
from foundation.durable.files import remove, write_atomic
from foundation.protocol.commands import Command

_VERSION: Final = 1
_REMEMBERED: Final = 500


@dataclass(frozen=True, slots=True)
class QueuedCommand:
    """A command and how far it has come.

    Attributes:
        number: Its place in the order of arrival.
        command: What was received.
        acknowledged: LiveConnect has confirmed the DELETE.
        finished: The work was done before; only the acknowledgement is wanted again.
    """

    number: int
    command: Command
    acknowledged: bool = False
    finished: bool = False


class CommandQueue:
    r"""The queue of one host.

    Args:
        folder: ``Endpoint\Queue``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._finished = Ledger(folder / "finished.ledger", limit=_REMEMBERED)

    def entries(self) -> tuple[QueuedCommand, ...]:
        """Every queued command in the order of arrival."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            entry = self._load(path)
            if entry is not None:
                found.append(entry)
        return tuple(found)

    def put(self, commands: Iterable[Command]) -> tuple[QueuedCommand, ...]:
        """Queue commands durably; returns the ones that were not in the queue yet."""
        entries = self.entries()
        queued = {entry.command.id for entry in entries}
        number = entries[-1].number if entries else 0
        added = []
        for command in commands:
            if command.id in queued:
                continue
            number += 1
            entry = QueuedCommand(number, command, finished=command.id in self._finished)
            self._store(entry)
            queued.add(command.id)
            added.append(entry)
        return tuple(added)

    def acknowledged(self, entry: QueuedCommand) -> QueuedCommand:
        """Write down that LiveConnect confirmed the DELETE."""
        confirmed = replace(entry, acknowledged=True)
        self._store(confirmed)
        return confirmed

    def finish(self, entry: QueuedCommand) -> None:
        """Remove a command whose work is done and acknowledged."""
        # Remembered first: a crash in between leaves a queued command that is known as finished.
        if not entry.finished:
            self._finished.add([entry.command.id])
        remove(self._path(entry))

    def clear(self) -> None:
        """Forget everything: the commands belonged to another identity."""
        for path in self._folder.glob("*.json"):
            remove(path)
        self._finished.clear()

    def _path(self, entry: QueuedCommand) -> Path:
        mark = hashlib.sha256(entry.command.id.encode()).hexdigest()[:16]
        return self._folder / f"{entry.number:010d}-{mark}.json"

    def _store(self, entry: QueuedCommand) -> None:
        command = entry.command
        document = {
            "version": _VERSION,
            "number": entry.number,
            "acknowledged": entry.acknowledged,
            "id": command.id,
            "app": command.app_id,
            "body": command.body,
            "created": command.creation_time.isoformat(),
            "ttl_s": command.ttl_s,
            "seq": command.seq,
        }
        data = json.dumps(document, ensure_ascii=False).encode()
        write_atomic(self._path(entry), data)

    def _load(self, path: Path) -> QueuedCommand | None:
        try:
            document = json.loads(path.read_bytes())
            command = Command(
                id=document["id"],
                app_id=document["app"],
                body=document["body"],
                creation_time=datetime.fromisoformat(document["created"]),
                ttl_s=document["ttl_s"],
                seq=document["seq"],
            )
            number, acknowledged = int(document["number"]), bool(document["acknowledged"])
        except (ValueError, KeyError, TypeError):
            # Damaged from outside: set aside for a person. If it was not acknowledged it comes
            # again with the next poll.
            path.replace(path.with_suffix(".damaged"))
            return None
        return QueuedCommand(number, command, acknowledged, command.id in self._finished)
