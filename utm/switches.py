"""How this UTM reads the doubtful rules of the filter: our own objects, one per changed switch.

- No public node exists for these; they are objects of the class `lab/switch` (ours), so that a
  change of one is a numbered change and reaches endpoints like any other.
- A switch at its default has no object, and a policy carries only what differs.
"""

from typing import Final

from foundation.webfilter.switches import SWITCHES, check_switch
from utm.confd import Edit, Snapshot

_CLASS: Final = ("lab", "switch")


def switch_settings(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """Return the switches that differ from their defaults, sorted by name."""
    settings = {one.name: one.text("value") for one in snapshot.of_class(*_CLASS)}
    return tuple(
        (name, value)
        for name, value in sorted(settings.items())
        if name in SWITCHES and value != SWITCHES[name].default
    )


def set_switch(edit: Edit, name: str, value: str) -> None:
    """Read a doubtful rule in one of its ways; the default one needs no object.

    Raises:
        UnknownSwitchError: If there is no such switch or value.
    """
    check_switch(name, value)
    found = edit.named(*_CLASS, name)
    if found is None and value != SWITCHES[name].default:
        edit.create(*_CLASS, {"name": name, "value": value})
    elif found is not None and value == SWITCHES[name].default:
        edit.delete(found.ref)
    elif found is not None:
        edit.change(found.ref, {"value": value})


def switches_view(snapshot: Snapshot) -> list[dict[str, object]]:
    """Return every switch with its value, its choices and where it comes from."""
    settings = dict(switch_settings(snapshot))
    return [
        {
            "name": switch.name,
            "value": settings.get(switch.name, switch.default),
            "default": switch.default,
            "values": list(switch.values),
            "provenance": switch.provenance,
            "meaning": switch.meaning,
        }
        for switch in SWITCHES.values()
    ]
