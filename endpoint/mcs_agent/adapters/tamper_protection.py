r"""The adapter of tamper protection: whether it is on, and the hash that lifts it.

- The file holds a password's hash, so only its owner may read it, and no status carries it.

Provenance: tamper protection is among what MCS delivers (MCS-01, seed); document and file are ours.
"""

import json
from pathlib import Path
from typing import ClassVar

from endpoint.host import HostFolder
from endpoint.mcs_agent.adapters.base import Adapter, Configuration, ConfigurationFile
from endpoint.products import ANTI_VIRUS
from foundation.protocol.names import POLICY_TYPES, TPROT
from foundation.protocol.tamper_policy import decode_tamper_policy


def tamper_protection_file(host: HostFolder) -> Path:
    """Return where tamper protection reads its settings."""
    return host.path(r"C:\ProgramData\Sophos\Tamper Protection\settings.json")


class TamperProtectionAdapter(Adapter):
    """Applies tamper protection policies."""

    app_id: ClassVar[str] = TPROT
    policy_type: ClassVar[int] = POLICY_TYPES[TPROT]
    product: ClassVar[str | None] = ANTI_VIRUS

    def translate(self, body: bytes, rev_id: str) -> Configuration:
        """Translate a tamper protection policy.

        Raises:
            PolicyRefusedError: If it is none, or holds a bad hash.
        """
        policy = decode_tamper_policy(body)
        settings = {
            "version": 1,
            "rev_id": rev_id,
            "enabled": policy.enabled,
            "password_sha256": policy.password_hash,
        }
        data = json.dumps(settings, indent=2).encode() + b"\n"
        return Configuration(
            rev_id=rev_id,
            summary=f"tamper protection {'on' if policy.enabled else 'off'}",
            files=(ConfigurationFile(place=tamper_protection_file, data=data, is_secret=True),),
            details=(("tamper_protection", "on" if policy.enabled else "off"),),
        )
