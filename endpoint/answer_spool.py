r"""What waits for the client to upload: responses to commands, and files of data feeds.

* A response is one document per command; the same command's replaces it.
* A feed's file is the JSON to upload and nothing else, named ``FEED-SECONDS.json`` after its time:
  any component may leave one here, and so may a person.
* Files appear whole; a file goes only when it is dealt with.

Provenance: what is uploaded and when is documented (mcs-protocol 1.3, 1.5); the folders are ours.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from endpoint.host import HostFolder
from endpoint.spool_files import plain_name, read_document, write_document
from foundation.durable.doorbell import Doorbell
from foundation.durable.files import remove, write_atomic

_FEED_FILE: Final = re.compile(r"([A-Za-z0-9_]{1,64})-([0-9]{1,12})\.json")


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The response of an app to a command; ``body`` is JSON."""

    app_id: str
    command_id: str
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FeedFile:
    """One upload that waits."""

    feed_id: str
    at: datetime
    path: Path
    size: int


class ResponseSpool:
    """The responses of one host."""

    def __init__(self, host: HostFolder, bell: Doorbell) -> None:
        self._folder = host.response_spool
        self._bell = bell

    def put(self, response: StoredResponse) -> None:
        """Store a response for sending."""
        write_document(
            self._path(response),
            app=response.app_id,
            command=response.command_id,
            body=response.body,
            at=response.at.isoformat(),
        )
        self._bell.ring()

    def waiting(self) -> tuple[StoredResponse, ...]:
        """Unsent responses, oldest first."""
        found = []
        for path in self._folder.glob("*.json"):
            if (document := read_document(path)) is not None:
                at = datetime.fromisoformat(document["at"])
                found.append(
                    StoredResponse(document["app"], document["command"], document["body"], at)
                )
        return tuple(sorted(found, key=lambda each: (each.at, each.command_id)))

    def done(self, response: StoredResponse) -> None:
        """Remove a response that was dealt with."""
        remove(self._path(response))

    def _path(self, response: StoredResponse) -> Path:
        name = f"{plain_name(response.app_id)}-{plain_name(response.command_id)}"
        return self._folder / f"{name}.json"


class FeedSpool:
    """The data feeds of one host."""

    def __init__(self, host: HostFolder, bell: Doorbell) -> None:
        self._folder = host.feed_spool
        self._bell = bell

    def put(self, feed_id: str, text: str, at: datetime) -> Path:
        """Store JSON for uploading."""
        seconds = int(at.timestamp())
        while (path := self._folder / f"{feed_id}-{seconds}.json").exists():
            seconds += 1
        write_atomic(path, text.encode())
        self._bell.ring()
        return path

    def waiting(self) -> tuple[FeedFile, ...]:
        """What waits, oldest first; other files are nobody's business."""
        found = []
        for path in self._folder.glob("*-*.json"):
            named = _FEED_FILE.fullmatch(path.name)
            if named is not None:
                at = datetime.fromtimestamp(int(named[2]), UTC)
                found.append(FeedFile(named[1], at, path, path.stat().st_size))
        return tuple(sorted(found, key=lambda each: (each.at, each.path.name)))
