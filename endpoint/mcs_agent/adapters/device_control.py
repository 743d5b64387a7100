r"""The adapter of device control: access per class of device, and the exceptions.

Provenance: device control is among what MCS delivers (MCS-01, seed), classes and words are
epp/dc_policy's; document and file are ours.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

from endpoint.host import HostFolder
from endpoint.mcs_agent.adapters.base import Adapter, Configuration, ConfigurationFile
from endpoint.products import ANTI_VIRUS
from foundation.protocol.device_policy import decode_device_policy
from foundation.protocol.names import DEVCTL, POLICY_TYPES


def device_control_file(host: HostFolder) -> Path:
    """Return where device control reads its settings."""
    return host.path(r"C:\ProgramData\Sophos\Device Control\settings.json")


class DeviceControlAdapter(Adapter):
    """Applies device control policies."""

    app_id: ClassVar[str] = DEVCTL
    policy_type: ClassVar[int] = POLICY_TYPES[DEVCTL]
    product: ClassVar[str | None] = ANTI_VIRUS

    def translate(self, body: bytes, rev_id: str) -> Configuration:
        """Translate a device control policy.

        Raises:
            PolicyRefusedError: If it is none, or holds an unknown class or access.
        """
        policy = decode_device_policy(body)
        settings = {
            "version": 1,
            "rev_id": rev_id,
            "classes": dict(sorted(policy.classes.items())),
            "exceptions": [asdict(exception) for exception in policy.exceptions],
        }
        data = json.dumps(settings, indent=2).encode() + b"\n"
        limited = sum(1 for access in policy.classes.values() if access != "allowed")
        return Configuration(
            rev_id=rev_id,
            summary=f"{limited} device class(es) limited, {len(policy.exceptions)} exception(s)",
            files=(ConfigurationFile(place=device_control_file, data=data),),
        )
