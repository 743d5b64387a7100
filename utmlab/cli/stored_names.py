"""Finding what a person named in the stored state of a lab.

- A computer is found by its host folder: with nothing running, and also when it never enrolled.
- One that was installed by hand, into a folder elsewhere, is known by what the UTM knows.

Provenance: ours.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from endpoint.reading import EndpointArchive
from utmlab.errors import NoSuchComputerError
from utmlab.filtering import whereabouts
from utmlab.places import Places

Record = Mapping[str, Any]
_NOTHING_REPORTED: Final = {
    "group": "",
    "removed": False,
    "compliant": False,
    "complies_with": None,
    "last_report_at": None,
}


def archive_of(places: Places, name: str) -> EndpointArchive:
    """Return what is stored on a computer.

    Raises:
        NoSuchComputerError: If the lab has none of that name.
    """
    if name not in places.host_names():
        raise NoSuchComputerError(f"there is no computer {name!r}")
    return EndpointArchive(places.host(name))


def computer_records(places: Places, enrolled: Iterable[Record]) -> list[dict[str, Any]]:
    """Return every computer: those of the lab, then those that enrolled from a folder elsewhere.

    Args:
        places: Where the lab keeps its things.
        enrolled: What the UTM knows of computers.
    """
    by_id = {one["id"]: one for one in enrolled}
    archives = [EndpointArchive(places.host(name)) for name in places.host_names()]
    own = [computer_record(one, by_id) for one in archives]
    for one in own:
        by_id.pop(one["id"], None)
    return own + [_record_elsewhere(one) for one in by_id.values()]


def computer_record(archive: EndpointArchive, enrolled: Mapping[str, Record]) -> dict[str, Any]:
    """Return what is known of a computer, from its own disk and from the UTM.

    Args:
        archive: Its disk.
        enrolled: What the UTM knows, by endpoint id.
    """
    known = enrolled.get(archive.endpoint_id)
    progress = archive.setup
    is_installed = bool(archive.services) and (progress is None or progress.is_complete)
    return {
        "name": archive.name,
        "id": archive.endpoint_id,
        "installed": is_installed,
        "proxy_url": archive.proxy_url,
        **whereabouts(archive.host),
        "enforced": archive.enforced,
        **(_reported(known) if known else _NOTHING_REPORTED),
    }


def _record_elsewhere(known: Record) -> dict[str, Any]:
    # Its disk is not the lab's to read: what is known is what it reported.
    return {
        "name": known["name"],
        "id": known["id"],
        "installed": True,
        "proxy_url": "",
        "location": "",
        "office_address": "",
        "enforced": {},
        **_reported(known),
    }


def _reported(known: Record) -> dict[str, Any]:
    return {field: known[field] for field in _NOTHING_REPORTED}
