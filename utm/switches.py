"""How this UTM reads the doubtful rules of the filter: our own objects, one per changed switch.

- No public node exists for these; they are objects of the class `lab/switch` (ours), so that a
  change of one is a numbered change and reaches endpoints like any other.
- A switch that holds anyway has no object, and a policy carries only what differs from defaults.
- A node of the product may say the same as a switch: http.scan_epp_traffic off is `office_filter`
  `endpoint` (inferred).
"""

from typing import Final

from foundation.webfilter.switches import SWITCHES, check_switch
from utm.confd import Edit, Snapshot

_CLASS: Final = ("lab", "switch")
_SCANS_ENDPOINTS: Final = "http.scan_epp_traffic"


def switch_settings(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """Return the switches that differ from their defaults, sorted by name."""
    return tuple(
        (name, value)
        for name, (value, _) in sorted(_set_by_objects(snapshot).items())
        if value != SWITCHES[name].default
    )


def effective_settings(snapshot: Snapshot) -> dict[str, tuple[str, str]]:
    """Return the value of each switch that anything sets, and what sets it.

    Where a node and a switch say something of the same, the switch beats the node.
    """
    return _set_by_nodes(snapshot) | _set_by_objects(snapshot)


def set_switch(edit: Edit, name: str, value: str) -> None:
    """Read a doubtful rule in one of its ways; the one that holds anyway needs no object.

    Raises:
        UnknownSwitchError: If there is no such switch or value.
    """
    check_switch(name, value)
    found = edit.named(*_CLASS, name)
    anyway = _set_by_nodes(edit.snapshot()).get(name, (SWITCHES[name].default, ""))[0]
    if found is None and value != anyway:
        edit.create(*_CLASS, {"name": name, "value": value})
    elif found is not None and value == anyway:
        edit.delete(found.ref)
    elif found is not None:
        edit.change(found.ref, {"value": value})


def _set_by_objects(snapshot: Snapshot) -> dict[str, tuple[str, str]]:
    return {
        one.name: (one.text("value"), f"{one.full_type} {one.ref}")
        for one in snapshot.of_class(*_CLASS)
        if one.name in SWITCHES
    }


def _set_by_nodes(snapshot: Snapshot) -> dict[str, tuple[str, str]]:
    if snapshot.node(_SCANS_ENDPOINTS):
        return {}
    return {"office_filter": ("endpoint", f"node {_SCANS_ENDPOINTS}, which is off")}


def switches_view(snapshot: Snapshot) -> list[dict[str, object]]:
    """Return every switch with the value in force, what set it, its choices and provenance."""
    settings = effective_settings(snapshot)
    return [
        {
            "name": switch.name,
            "value": settings.get(switch.name, (switch.default, ""))[0],
            "set_by": settings.get(switch.name, ("", "default"))[1],
            "default": switch.default,
            "values": list(switch.values),
            "provenance": switch.provenance,
            "meaning": switch.meaning,
        }
        for switch in SWITCHES.values()
    ]
