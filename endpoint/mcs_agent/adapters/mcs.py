"""The adapter of MCS itself: how often the client asks, and whom.

- The client follows the policy in Persist on its own; what is written here is the same meaning in
  a form for people, `doctor` and support: the settings in force, without the token.

Provenance: the policy is documented; the settings file is ours.
"""

import json
from pathlib import Path
from typing import ClassVar

from endpoint.host import HostFolder
from endpoint.mcs_agent.adapters.base import Adapter, Configuration, ConfigurationFile
from endpoint.mcs_client.relay_note import relay_in_use
from foundation.protocol.mcs_policy import McsPolicy, decode_mcs_policy
from foundation.protocol.names import MCS, POLICY_TYPES


def settings_file(host: HostFolder) -> Path:
    """Return where the settings in force are shown."""
    return host.config_file.parent / "mcs_settings.json"


class McsAdapter(Adapter):
    """Applies MCS policies."""

    app_id: ClassVar[str] = MCS
    policy_type: ClassVar[int] = POLICY_TYPES[MCS]

    def facts(self, host: HostFolder) -> dict[str, str]:
        """Return the message relay that the client uses, if it uses one."""
        return relay_in_use(host)

    def translate(self, body: bytes, rev_id: str) -> Configuration:
        """Translate an MCS policy.

        Raises:
            PolicyRefusedError: If it has no configuration.
        """
        policy = decode_mcs_policy(body)
        data = json.dumps({"version": 1, "rev_id": rev_id, **_settings(policy)}, indent=2).encode()
        return Configuration(
            rev_id=rev_id,
            summary=f"poll every {policy.effective_poll_interval_s:g} s, "
            f"{len(policy.servers)} server(s), {len(policy.message_relays)} relay(s)",
            files=(ConfigurationFile(place=settings_file, data=data + b"\n"), *_trusted(policy)),
        )


def _trusted(policy: McsPolicy) -> tuple[ConfigurationFile, ...]:
    """The CA file that the client trusts, when the policy names certificates."""
    if not policy.trusted_ca:
        return ()
    # Ends as it was installed: the parser takes white space off.
    data = policy.trusted_ca.strip().encode() + b"\n"
    return (ConfigurationFile(place=lambda host: host.server_ca, data=data),)


def _settings(policy: McsPolicy) -> dict[str, object]:
    return {
        "servers": policy.servers,
        "poll_interval_s": policy.effective_poll_interval_s,
        "flags_interval_s": policy.flags_interval_s,
        "push_servers": policy.push_servers,
        "message_relays": [relay.address for relay in policy.message_relays],
        "use_direct": policy.use_direct,
    }
