"""The adapter of Web Control: the web policy, exactly as it was served.

- The document is read here to the end, so that Web Control never meets one that it cannot use.
- Web Control gets the served bytes: what is enforced can be compared with what was compiled.

Provenance: the UTM's URL policy stored on the endpoint is the seed's; the document is ours.
"""

from pathlib import Path
from typing import ClassVar

from endpoint.host import HostFolder
from endpoint.mcs_agent.adapters.base import Adapter, Configuration, ConfigurationFile
from endpoint.products import WEB_CONTROL
from foundation.protocol.names import POLICY_TYPES, SWC
from foundation.webfilter.policy_xml import decode_web_policy


class WebControlAdapter(Adapter):
    """Applies web-control policies."""

    app_id: ClassVar[str] = SWC
    policy_type: ClassVar[int] = POLICY_TYPES[SWC]
    product: ClassVar[str | None] = WEB_CONTROL

    def translate(self, body: bytes, rev_id: str) -> Configuration:
        """Translate a web-control policy.

        Raises:
            PolicyRefusedError: If any part of it has no meaning.
        """
        policy = decode_web_policy(body)
        group = policy.group_name or policy.group_ref
        state = "on" if policy.web_control else "off"
        return Configuration(
            rev_id=rev_id,
            summary=f"Web Control {state} for group {group}: {len(policy.profiles)} profile(s), "
            f"{len(policy.exceptions)} exception(s)",
            files=(ConfigurationFile(place=_policy_file, data=body),),
            details=(("group", policy.group_ref), ("web_control", state)),
        )


def _policy_file(host: HostFolder) -> Path:
    return host.web_control_policy
