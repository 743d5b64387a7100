"""The bells of one host: who is woken when something new lies in a folder.

- `persist` wakes the agent, `spool` the client, `web_control` and `autoupdate` those components.
- Inside one process they are events, between processes files under the host folder.

Provenance: ours.
"""

from dataclasses import dataclass

from endpoint.host import HostFolder
from foundation.durable.doorbell import Doorbell, EventDoorbell, FileDoorbell


@dataclass(frozen=True, slots=True, kw_only=True)
class Bells:
    """One bell per listener."""

    persist: Doorbell
    spool: Doorbell
    web_control: Doorbell
    autoupdate: Doorbell


def event_bells() -> Bells:
    """Return bells for services that are tasks of one process."""
    return Bells(
        persist=EventDoorbell(),
        spool=EventDoorbell(),
        web_control=EventDoorbell(),
        autoupdate=EventDoorbell(),
    )


def file_bells(host: HostFolder) -> Bells:
    """Return bells for services that are processes of their own."""
    folder = host.config_file.parent.parent / "Bells"
    return Bells(
        persist=FileDoorbell(folder / "persist"),
        spool=FileDoorbell(folder / "spool"),
        web_control=FileDoorbell(folder / "web_control"),
        autoupdate=FileDoorbell(folder / "autoupdate"),
    )
