r"""The adapter of the anti-virus: its settings, as the (emulated) scanner reads them.

Provenance: the policy's skeleton is documented, its fields are epp/av_policy's; the file is ours.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

from endpoint.host import HostFolder
from endpoint.mcs_agent.adapters.base import Adapter, Configuration, ConfigurationFile
from endpoint.products import ANTI_VIRUS
from foundation.protocol.names import POLICY_TYPES, SAV
from foundation.protocol.sav_policy import decode_sav_policy


def anti_virus_file(host: HostFolder) -> Path:
    """Return where the anti-virus reads its settings."""
    return host.path(r"C:\ProgramData\Sophos\Sophos Anti-Virus\settings.json")


class SavAdapter(Adapter):
    """Applies anti-virus policies."""

    app_id: ClassVar[str] = SAV
    policy_type: ClassVar[int] = POLICY_TYPES[SAV]
    product: ClassVar[str | None] = ANTI_VIRUS

    def translate(self, body: bytes, rev_id: str) -> Configuration:
        """Translate an anti-virus policy.

        Raises:
            PolicyRefusedError: If it is none.
        """
        policy = decode_sav_policy(body)
        data = json.dumps({"version": 1, **asdict(policy)}, indent=2).encode() + b"\n"
        scanning = "on" if policy.on_access_scanning else "off"
        return Configuration(
            rev_id=rev_id,
            summary=f"on-access scanning {scanning}",
            files=(ConfigurationFile(place=anti_virus_file, data=data),),
            details=(("on_access", str(policy.on_access_scanning).lower()),),
        )
