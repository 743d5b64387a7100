"""What a tester can say over a push channel, beside what LiveConnect says by itself.

Provenance: the documents are mcs-protocol 1.7's (public); the verbs are ours.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from foundation.protocol.actions import CLONE_CHALLENGE, CLONE_DETECTED
from foundation.protocol.commands import Command, encode_commands
from foundation.protocol.names import APPSPROXY
from foundation.protocol.push import WAKE_UP
from foundation.protocol.reasons import Reason
from liveconnect.push import PushHub
from liveconnect.refusals import DocumentRefusedError
from liveconnect.roster import Entry
from liveconnect.store.records import Delivery

_Say = Callable[[PushHub, Entry, datetime], bool]


def say(hub: PushHub, entry: Entry, what: str, now: datetime) -> bool:
    """Say it; return whether the endpoint listens.

    Raises:
        DocumentRefusedError: If there is nothing of this name to say.
    """
    if what not in SAYINGS:
        raise DocumentRefusedError(
            Reason.COMMAND_UNKNOWN, f"{what!r} is none of {', '.join(SAYINGS)}"
        )
    return SAYINGS[what](hub, entry, now)


def _wake_up(hub: PushHub, entry: Entry, _now: datetime) -> bool:
    return hub.send(entry.endpoint_id, WAKE_UP)


def _commands(hub: PushHub, entry: Entry, now: datetime) -> bool:
    """Send all that waits as one document, each of which is acknowledged as after a poll."""
    alive = [each.command for each in entry.waiting if now < each.expires_at]
    is_sent = hub.send(entry.endpoint_id, encode_commands(alive).decode())
    if is_sent:
        for command in alive:
            entry.delivered.setdefault(command.id, Delivery(now, "push"))
    return is_sent


def _clone(kind: str) -> _Say:
    def send(hub: PushHub, entry: Entry, now: datetime) -> bool:
        # Not in the queue: a client answers it and deletes nothing (documented).
        body = json.dumps({"type": kind})
        command = Command(f"{kind}-{now:%Y%m%d%H%M%S%f}", APPSPROXY, body, now)
        return hub.send(entry.endpoint_id, encode_commands([command]).decode())

    return send


def _silence(hub: PushHub, entry: Entry, _now: datetime) -> bool:
    return hub.silence(entry.endpoint_id)


def _speak(hub: PushHub, entry: Entry, _now: datetime) -> bool:
    return hub.silence(entry.endpoint_id, is_silent=False)


def _drop(hub: PushHub, entry: Entry, _now: datetime) -> bool:
    return hub.drop(entry.endpoint_id)


SAYINGS: Final[Mapping[str, _Say]] = {
    "wake_up": _wake_up,
    "commands": _commands,
    CLONE_CHALLENGE: _clone(CLONE_CHALLENGE),
    CLONE_DETECTED: _clone(CLONE_DETECTED),
    "silence": _silence,
    "speak": _speak,
    "drop": _drop,
}
