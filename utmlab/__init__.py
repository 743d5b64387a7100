"""The roof: runs a UTM, LiveConnect and endpoints together, and the bench around them.

Example:
    from utmlab import LabSettings, Places, Stack

    async with Stack(Places.of(data), LabSettings(poll_interval_s=1)) as lab:
        await lab.call("utm", "enable")
        await lab.install("PC-01")
        await lab.wait_compliant()
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from utmlab.places import Places
    from utmlab.settings import LabSettings, Ports
    from utmlab.stack import Stack

__all__ = ["LabSettings", "Places", "Ports", "Stack"]
_HOMES = {
    "LabSettings": "utmlab.settings",
    "Places": "utmlab.places",
    "Ports": "utmlab.settings",
    "Stack": "utmlab.stack",
}


def __getattr__(name: str) -> Any:
    """Load a part when it is first asked for: the command line starts without the whole stack."""
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module  # noqa: PLC0415 - likewise

    return getattr(import_module(_HOMES[name]), name)
