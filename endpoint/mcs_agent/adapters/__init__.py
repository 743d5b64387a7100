"""Adapters: one per component, from the bytes of a policy to the component's configuration."""

from collections.abc import Mapping
from typing import Final

from endpoint.mcs_agent.adapters.alc import AlcAdapter
from endpoint.mcs_agent.adapters.base import Adapter
from endpoint.mcs_agent.adapters.device_control import DeviceControlAdapter
from endpoint.mcs_agent.adapters.mcs import McsAdapter
from endpoint.mcs_agent.adapters.sav import SavAdapter
from endpoint.mcs_agent.adapters.tamper_protection import TamperProtectionAdapter
from endpoint.mcs_agent.adapters.web_control import WebControlAdapter

ADAPTERS: Final[Mapping[str, Adapter]] = {
    adapter.app_id: adapter
    for adapter in (
        McsAdapter(),
        AlcAdapter(),
        SavAdapter(),
        TamperProtectionAdapter(),
        DeviceControlAdapter(),
        WebControlAdapter(),
    )
}
"""App id → its adapter, in the order in which they are applied."""

__all__ = ["ADAPTERS", "Adapter"]
