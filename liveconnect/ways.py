"""Which ways to LiveConnect the MCS policy of a UTM's endpoints names: relays and proxies.

Provenance: the elements are documented (mcs-protocol 2.3); how they are set is ours.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from foundation.protocol.mcs_policy import McsPolicy, MessageRelay
from foundation.protocol.reasons import Reason
from liveconnect.refusals import DocumentRefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWays:
    """What is set for one UTM; the names are those of `McsPolicy`."""

    message_relays: tuple[MessageRelay, ...] = ()
    proxies: tuple[str, ...] = ()
    proxy_credentials: tuple[str, ...] = field(default=(), repr=False)
    use_system_proxy: bool = True
    use_direct: bool = True

    def put_into(self, policy: McsPolicy) -> McsPolicy:
        """Return the policy with these ways."""
        return replace(
            policy,
            message_relays=self.message_relays,
            proxies=self.proxies,
            proxy_credentials=self.proxy_credentials,
            use_system_proxy=self.use_system_proxy,
            use_direct=self.use_direct,
        )

    def encode(self) -> str:
        """Return it as it is stored."""
        return json.dumps(asdict(self), sort_keys=True)


def read_ways(content: Mapping[str, Any]) -> PolicyWays:
    """Read ways as somebody set them, or as they are stored.

    Raises:
        DocumentRefusedError: If a field is unknown or of the wrong kind.
    """
    try:
        relays = tuple(MessageRelay(**one) for one in content.get("message_relays", ()))
        ways = PolicyWays(**{**content, "message_relays": relays})
    except TypeError as error:
        raise DocumentRefusedError(Reason.FIELD_MISSING, f"not ways: {error}") from error
    texts = (*ways.proxies, *ways.proxy_credentials, *(one.address for one in relays))
    truths = (ways.use_system_proxy, ways.use_direct)
    ports = [one.port for one in relays]
    if not (
        all(isinstance(text, str) and text for text in texts)
        and all(isinstance(truth, bool) for truth in truths)
        and all(type(port) is int and 0 < port < 65_536 for port in ports)
    ):
        raise DocumentRefusedError(Reason.FIELD_MISSING, "a way has a value of the wrong kind")
    return PolicyWays(
        message_relays=relays,
        proxies=tuple(ways.proxies),
        proxy_credentials=tuple(ways.proxy_credentials),
        use_system_proxy=ways.use_system_proxy,
        use_direct=ways.use_direct,
    )
