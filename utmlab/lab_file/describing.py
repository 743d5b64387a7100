"""Writing a lab file from what is stored, running or not.

- Left out: secrets; what is the lab's own (ports, registration, where things are); computers as
  objects of the UTM, which come by themselves when they enrol; built-in objects and nodes that
  are as in a new appliance.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, Final

from endpoint.products import OURS
from endpoint.reading import EndpointArchive
from utm.adoption import is_secret_attribute, is_secret_node, reason_to_keep
from utm.confd import Snapshot, factory_settings
from utm.confd.nodes import all_nodes
from utm.confd.objects import Object
from utm.confd.values import thaw
from utmlab.lab_file.document import ComputerWanted, LabDocument
from utmlab.office import network_of
from utmlab.places import Places
from utmlab.settings import LabSettings, recall
from utmlab.stored import open_utm

ENDPOINT: Final = "epp/endpoint"
GROUP: Final = "epp/endpoints_group"
MEMBERS: Final = "endpoints"


def describe_lab(places: Places) -> LabDocument:
    """Return the lab file of a data folder.

    Raises:
        NothingStoredError: If the folder holds no lab.
    """
    with closing(open_utm(places)) as utm:
        snapshot, status = utm.snapshot(), utm.status()
        groups = {one["id"]: one["group"] for one in utm.endpoints()}
    new = factory_settings()
    return LabDocument(
        settings=_settings(recall(places.settings)),
        endpoint_protection=bool(status["enabled"]),
        objects=tuple(_objects(snapshot, new)),
        nodes=dict(_nodes(snapshot, new)),
        computers=tuple(_computers(places, groups)),
    )


def _settings(stored: Mapping[str, Any]) -> dict[str, Any]:
    usual = LabSettings()
    return {
        "timezone": stored.get("timezone", usual.timezone),
        "strict": bool(stored.get("strict", usual.strict)),
        "log_profile": stored.get("log_profile", usual.log_profile),
        "eplog_process": stored.get("eplog_process", usual.eplog_process),
    }


def _objects(snapshot: Snapshot, new: Snapshot) -> Iterator[dict[str, Any]]:
    # Sorted, so that two files of equal labs are equal: the nodes hold every order that counts.
    for one in sorted(snapshot.objects.values(), key=lambda each: (each.full_type, each.ref)):
        if one.full_type != ENDPOINT and new.find(one.ref) != one:
            yield _document(one)


def _document(one: Object) -> dict[str, Any]:
    left_out = {MEMBERS} if one.full_type == GROUP else set()
    return {
        name: value
        for name, value in one.document().items()
        if name not in left_out and not is_secret_attribute(one.full_type, name, value)
    }


def _nodes(snapshot: Snapshot, new: Snapshot) -> Iterator[tuple[str, Any]]:
    for key, value in sorted(snapshot.nodes.items()):
        is_own = reason_to_keep(key) or all_nodes()[key].listed_class == ENDPOINT
        if not (is_own or is_secret_node(key, value) or new.node(key) == value):
            yield key, thaw(value)


def _computers(places: Places, groups: Mapping[str, str]) -> Iterator[ComputerWanted]:
    for name in places.host_names():
        archive = EndpointArchive(places.host(name))
        if not archive.services:
            continue
        others = (one.name for one in archive.products if one.name not in OURS)
        yield ComputerWanted(
            name=name,
            group=groups.get(archive.endpoint_id, ""),
            location=network_of(archive.host).location,
            products=tuple(others),
        )
