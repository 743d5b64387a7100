r"""Which message relay the client used last: a note for the agent, who reports it.

Provenance: reporting it is documented (mcs-protocol 1.8); the file is ours.
"""

import json
from datetime import datetime
from pathlib import Path

from endpoint.handover import Handover
from endpoint.host import HostFolder
from foundation.durable.files import remove, write_atomic
from foundation.protocol.timestamps import format_timestamp
from foundation.service import Now


class RelayNotes:
    """Notes of one client, written when the relay is another than before."""

    def __init__(self, host: HostFolder, handover: Handover, now: Now) -> None:
        self._host = host
        self._handover = handover
        self._now = now
        self._relay: str | None = None

    def note(self, relay_id: str) -> None:
        """Note the relay that an answer came by, none when the id is empty."""
        if relay_id == self._relay:
            return
        self._relay = relay_id
        if note_relay(self._host, relay_id, self._now()):
            # The agent reports it in the status of MCS.
            self._handover.persist_bell.ring()


def relay_file(host: HostFolder) -> Path:
    """Return where the note is."""
    return host.config_file.parent / "message_relay.json"


def note_relay(host: HostFolder, relay_id: str, at: datetime) -> bool:
    """Note the relay in use, none when the id is empty; return whether it is another."""
    if relay_in_use(host).get("relay_id", "") == relay_id:
        return False
    if relay_id:
        note = {"relay_id": relay_id, "relay_last_used": format_timestamp(at)}
        write_atomic(relay_file(host), json.dumps(note).encode())
    else:
        remove(relay_file(host))
    return True


def relay_in_use(host: HostFolder) -> dict[str, str]:
    """Return what the MCS status says of the relay; nothing when none is used."""
    try:
        note = json.loads(relay_file(host).read_bytes())
        return {name: str(note[name]) for name in ("relay_id", "relay_last_used")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
