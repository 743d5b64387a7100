"""What the MCS Client and the MCS Agent hand to each other: files in folders, nothing else.

* Either side may be stopped at any time: what was handed over waits (MCS-06).
* Every file appears whole (temp, fsync, rename); its name alone identifies it, so that removing
  what was dealt with can never remove what replaced it.
* Nothing is handed over twice: actions and events are recognised by id even after they are gone.
* Policies stay until they are replaced; actions, statuses and events go when they are done.
* A bell is only a hint to look sooner; whoever starts looks at everything.

Provenance: hand-over by folder is the seed's (Persist; "stored locally so it can be picked up by
the MCS client"); the file formats are ours.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from endpoint.host import HostFolder, PathOutsideHostError
from endpoint.ledger import Ledger
from endpoint.spool_files import next_number, numbered, plain_name, read_document, write_document
from foundation.durable.doorbell import Doorbell
from foundation.durable.files import remove, write_secret
from foundation.protocol.events import Event
from foundation.protocol.policies import policy_file_name

_APP_ID: Final = re.compile(r"[A-Za-z0-9_]{1,64}")
_POLICY_FILES: Final = "*_policy.xml"
# Times change at every evaluation and are not a change of state (mcs-protocol 2.4).
_TIMES: Final = re.compile(
    r"""\b(?:timestamp|creationTime)=(?:"[^"]*"|'[^']*')|<creationTime>[^<]*</creationTime>"""
    r"""|timestamp=&quot;.*?&quot;"""
)


@dataclass(frozen=True, slots=True)
class StoredAction:
    """An action that waits for the agent."""

    command_id: str
    app_id: str
    body: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredStatus:
    """The newest unsent status of one app; ``body`` goes on the wire as it is."""

    app_id: str
    body: str
    at: datetime
    digest: str


def status_digest(body: str) -> str:
    """Identify what a status says, whenever it was made."""
    return hashlib.sha256(_TIMES.sub("", body).encode()).hexdigest()


class Handover:
    """The two directions of one host.

    Args:
        host: The machine.
        persist_bell: Rung when the client stored something for the agent.
        spool_bell: Rung when the agent stored something for the client.
        before_spooling: Called before a status or an event is stored; its error is the disk's.
    """

    def __init__(
        self,
        host: HostFolder,
        *,
        persist_bell: Doorbell,
        spool_bell: Doorbell,
        before_spooling: Callable[[], None] | None = None,
    ) -> None:
        self._before_spooling = before_spooling
        self.persist_bell = persist_bell
        self.spool_bell = spool_bell
        self._persist = host.persist
        self._actions = host.actions
        self._statuses = host.status_spool
        self._events = host.event_spool
        self._done_actions = Ledger(host.actions / "done.ledger")
        self._sent_events = Ledger(host.event_spool / "sent.ledger", limit=2000)

    # client -> agent

    def store_policy(self, app_id: str, policy_type: int | None, body: bytes) -> Path:
        """Put a policy into Persist under its product name, replacing the one before it.

        Policies carry the registration token and passwords of proxies: only the owner reads them.

        Raises:
            PathOutsideHostError: The app id, which comes from outside, cannot be part of a name.
        """
        if _APP_ID.fullmatch(app_id) is None:
            raise PathOutsideHostError(f"{app_id[:60]!r} is no app id to name a file after")
        path = self._persist / policy_file_name(app_id, policy_type)
        if not path.is_file() or path.read_bytes() != body:
            write_secret(path, body)
        self.persist_bell.ring()
        return path

    def policies(self) -> dict[str, str]:
        """File name → SHA-256 (hex) of every policy in Persist."""
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self._persist.glob(_POLICY_FILES))
        }

    def policy(self, file_name: str) -> bytes:
        """The bytes of one policy named by :meth:`policies`."""
        return (self._persist / Path(file_name).name).read_bytes()

    def store_action(
        self, command_id: str, app_id: str, body: str, *, expires_at: datetime | None = None
    ) -> None:
        """Hand an action to the agent; a command id that was ever handed over is left alone."""
        suffix = f"-{plain_name(command_id)}.json"
        waiting = numbered(self._actions)
        # The agent writes its ledger before it removes the file, so this order sees one of them.
        if not any(path.name.endswith(suffix) for path in waiting) and (
            command_id not in self._done_actions
        ):
            path = self._actions / f"{next_number(waiting):08d}{suffix}"
            expires = None if expires_at is None else expires_at.isoformat()
            write_document(path, id=command_id, app=app_id, body=body, expires_at=expires)
        self.persist_bell.ring()

    def actions(self) -> tuple[StoredAction, ...]:
        """Waiting actions in the order they arrived."""
        found = []
        for path in numbered(self._actions):
            if (document := read_document(path)) is not None:
                expires = document["expires_at"]
                expires_at = None if expires is None else datetime.fromisoformat(expires)
                action = StoredAction(document["id"], document["app"], document["body"], expires_at)
                found.append(action)
        return tuple(found)

    def action_done(self, command_id: str) -> None:
        """Remove an action that ran; it will not be handed over again."""
        self._done_actions.add([command_id])
        suffix = f"-{plain_name(command_id)}.json"
        for path in numbered(self._actions):
            if path.name.endswith(suffix):
                remove(path)

    def forget_actions(self) -> None:
        """Drop the actions of another identity: another server may count its commands anew."""
        for path in numbered(self._actions):
            remove(path)
        self._done_actions.clear()

    # agent -> client

    def put_status(self, app_id: str, body: str, at: datetime) -> str:
        """Store an app's status for sending, instead of any older one; returns its digest.

        Args:
            app_id: The adapter's app.
            body: What goes into the status element's ``<body>``, unescaped.
            at: When it was made.
        """
        digest = status_digest(body)
        older = numbered(self._statuses, f"*-{plain_name(app_id)}-*.json")
        number = next_number(numbered(self._statuses))
        if self._before_spooling is not None:
            self._before_spooling()
        path = self._statuses / f"{number:08d}-{plain_name(app_id)}-{digest[:32]}.json"
        write_document(path, app=app_id, body=body, at=at.isoformat())
        for old in older:
            remove(old)
        self.spool_bell.ring()
        return digest

    def statuses(self) -> tuple[StoredStatus, ...]:
        """The newest unsent status of each app, oldest first."""
        newest: dict[str, StoredStatus] = {}
        for path in numbered(self._statuses):
            if (document := read_document(path)) is not None:
                app_id, body = document["app"], document["body"]
                at = datetime.fromisoformat(document["at"])
                newest.pop(app_id, None)
                newest[app_id] = StoredStatus(app_id, body, at, status_digest(body))
        return tuple(newest.values())

    def status_sent(self, app_id: str, digest: str) -> None:
        """Remove a status that LiveConnect acknowledged, and those it had replaced."""
        files = numbered(self._statuses, f"*-{plain_name(app_id)}-*.json")
        sent = [i for i, path in enumerate(files) if path.stem.endswith(digest[:32])]
        for path in files[: max(sent, default=-1) + 1]:
            remove(path)

    def put_event(self, event_id: str, event: Event) -> None:
        """Store an event for sending; an id that was ever stored is left alone."""
        path = self._events / f"{plain_name(event_id)}.json"
        # The client writes its ledger before it removes the file, so this order sees one of them.
        if path.exists() or event_id in self._sent_events:
            return
        at = event.creation_time.isoformat()
        if self._before_spooling is not None:
            self._before_spooling()
        write_document(
            path, id=event_id, app=event.app_id, at=at, ttl_s=event.ttl_s, body=event.body
        )
        self.spool_bell.ring()

    def events(self) -> tuple[Event, ...]:
        """Unsent events, oldest first; ``seq`` is the sender's to number."""
        found = []
        for path in self._events.glob("*.json"):
            if (document := read_document(path)) is not None:
                event = Event(
                    app_id=document["app"],
                    creation_time=datetime.fromisoformat(document["at"]),
                    ttl_s=document["ttl_s"],
                    body=document["body"],
                    seq=0,
                    id=document["id"],
                )
                found.append(event)
        return tuple(sorted(found, key=lambda event: (event.creation_time, event.id)))

    def waiting_events(self) -> frozenset[str]:
        """What tells unsent events apart, without reading them."""
        return frozenset(path.stem for path in self._events.glob("*.json"))

    def events_sent(self, event_ids: Iterable[str]) -> None:
        """Remove events that LiveConnect acknowledged."""
        ids = tuple(event_ids)
        self._sent_events.add(ids)
        for id_ in ids:
            remove(self._events / f"{plain_name(id_)}.json")
