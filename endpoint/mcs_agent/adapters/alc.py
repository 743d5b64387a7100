"""The adapter of AutoUpdate: server and interval (INS-05).

Provenance: the policy is documented; the configuration file is ours.
"""

from typing import ClassVar

from endpoint.autoupdate.config import AutoUpdateConfig, config_file, encode_config
from endpoint.host import HostFolder
from endpoint.mcs_agent.adapters.base import Adapter, Configuration, ConfigurationFile
from endpoint.products import AUTOUPDATE
from foundation.protocol.alc_policy import AlcPolicy, decode_alc_policy
from foundation.protocol.names import ALC, POLICY_TYPES


class AlcAdapter(Adapter):
    """Applies AutoUpdate policies."""

    app_id: ClassVar[str] = ALC
    policy_type: ClassVar[int] = POLICY_TYPES[ALC]
    product: ClassVar[str | None] = AUTOUPDATE

    def translate(self, body: bytes, rev_id: str) -> Configuration:
        """Translate an AutoUpdate policy.

        Raises:
            PolicyRefusedError: If it names no server or no interval.
        """
        policy = decode_alc_policy(body)
        config = AutoUpdateConfig(
            server_url=policy.server_url,
            interval_minutes=policy.interval_minutes if policy.enabled else 0,
            rev_id=rev_id,
            proxy_url=_proxy_url(policy),
            proxy_user=policy.proxy_user,
            proxy_password=policy.proxy_password,
        )
        every = f"every {config.interval_minutes} min" if policy.enabled else "on demand only"
        return Configuration(
            rev_id=rev_id,
            summary=f"updates from {config.server_url} {every}",
            files=(
                ConfigurationFile(place=config_file, data=encode_config(config), is_secret=True),
            ),
        )

    def facts(self, host: HostFolder) -> dict[str, str]:
        """Return the machine's id, which ALC statuses carry."""
        try:
            endpoint_id = host.machine_id_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return {}
        return {"endpoint_id": endpoint_id}


def _proxy_url(policy: AlcPolicy) -> str:
    if not policy.proxy_address:
        return ""
    return f"http://{policy.proxy_address}:{policy.proxy_port or 8080}"
