"""The faults that are set on purpose, asked of the lab that runs."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from foundation.durable.folder import holder_of
from foundation.net.control import ControlClient, ControlError, NotRunningError
from utmlab.finding import Finding
from utmlab.places import Places


def active_faults(places: Places) -> list[dict[str, Any]]:
    """Return the faults that are set, as `utmlab fault list` has them.

    Empty when nothing runs, and when what runs does not answer.
    """
    if holder_of(places.data) is None:
        return []
    try:
        return list(asyncio.run(ControlClient(places.data).call("fault_list")))
    except (NotRunningError, ControlError, TimeoutError):
        return []


def effect_text(fault: Mapping[str, Any]) -> str:
    """Return an effect as it is set, such as `status=401-register`."""
    value = f"={fault['value']:g}" if fault["value"] else ""
    variant = f"-{fault['variant']}" if fault["variant"] else ""
    return f"{fault['effect']}{value}{variant}"


def fault_sentence(fault: Mapping[str, Any]) -> str:
    """Return what one fault does and how often it did."""
    left = "until cleared" if fault["left"] is None else f"{fault['left']} more times"
    effect = f"{fault['hop']} {effect_text(fault)}"
    return f"{fault['id']}: {effect}, {left}; happened {fault['happened']} times"


def fault_findings(faults: Iterable[Mapping[str, Any]]) -> Iterable[Finding]:
    """Yield each fault as a warning: what else is wrong may come of it."""
    for fault in faults:
        sentence = f"set on purpose: {fault_sentence(fault)}; `utmlab fault clear` takes it back"
        yield Finding("warning", "fault", sentence)
