r"""The statuses that LiveConnect has: what was sent last, per app.

* Only what changed is sent; times inside a status do not count (mcs-protocol 2.4).
* An unchanged status is sent again after seven days, after a registration, and when LiveConnect
  assigns a policy that is in force already (it would not assign it if it knew).
* An entry says for which endpoint it was sent: it means nothing to another identity.

Provenance: ``Cache\*.status`` is public, its format is ours; sending again on a repeated
assignment is ours.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from endpoint.handover import status_digest
from endpoint.spool_files import plain_name
from foundation.durable.files import write_atomic

_VERSION: Final = 1
REPEAT_AFTER: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SentStatus:
    """A status as it was sent; ``sent_at`` is None when it has to be sent again."""

    app_id: str
    body: str
    at: datetime
    endpoint_id: str
    sent_at: datetime | None


class StatusCache:
    r"""The cache of one host.

    Args:
        folder: ``Endpoint\Cache``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sent: dict[str, SentStatus] = {}
        self._digests: dict[str, str] = {}
        self.load()

    def load(self) -> None:
        """Read the folder; what cannot be read counts as never sent."""
        self._sent.clear()
        self._digests.clear()
        for path in sorted(self._folder.glob("*.status")):
            sent = _read(path)
            if sent is not None:
                self._remember(sent)

    def has(self, app_id: str, digest: str, *, endpoint_id: str, now: datetime) -> bool:
        """Whether LiveConnect has this status of this endpoint, recently enough."""
        sent = self._sent.get(app_id)
        return (
            sent is not None
            and not self._is_stale(sent, endpoint_id, now)
            and self._digests[app_id] == digest
        )

    def stale(self, *, endpoint_id: str, now: datetime) -> tuple[SentStatus, ...]:
        """The statuses that have to be sent again though nothing changed."""
        return tuple(sent for sent in self._sent.values() if self._is_stale(sent, endpoint_id, now))

    def record(self, sent: SentStatus) -> None:
        """Write down that LiveConnect acknowledged a status."""
        self._remember(sent)
        document = {
            "version": _VERSION,
            "app": sent.app_id,
            "body": sent.body,
            "at": sent.at.isoformat(),
            "endpoint": sent.endpoint_id,
            "sent_at": None if sent.sent_at is None else sent.sent_at.isoformat(),
        }
        data = json.dumps(document, ensure_ascii=False).encode()
        write_atomic(self._folder / f"{plain_name(sent.app_id)}.status", data)

    def send_again(self, app_id: str | None = None) -> None:
        """Have one app's status sent again, or all of them."""
        for sent in tuple(self._sent.values()):
            if app_id in (None, sent.app_id) and sent.sent_at is not None:
                self.record(replace(sent, sent_at=None))

    def _remember(self, sent: SentStatus) -> None:
        self._sent[sent.app_id] = sent
        self._digests[sent.app_id] = status_digest(sent.body)

    @staticmethod
    def _is_stale(sent: SentStatus, endpoint_id: str, now: datetime) -> bool:
        if sent.sent_at is None or sent.endpoint_id != endpoint_id:
            return True
        return now - sent.sent_at >= REPEAT_AFTER


def _read(path: Path) -> SentStatus | None:
    try:
        document = json.loads(path.read_bytes())
        sent_at = document["sent_at"]
        return SentStatus(
            app_id=document["app"],
            body=document["body"],
            at=datetime.fromisoformat(document["at"]),
            endpoint_id=document["endpoint"],
            sent_at=None if sent_at is None else datetime.fromisoformat(sent_at),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
