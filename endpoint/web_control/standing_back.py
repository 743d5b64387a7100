"""Standing back: at the office the gateway filters, and Web Control hands its connections on.

- At the office the UTM filters, elsewhere Web Control does (seed, UTM-08).
- Switch `office_filter` = `endpoint` (node http.scan_epp_traffic off) is the other reading: the
  endpoint filters at the office too, if its policy has Web Control on.
- Who moves loses the connections that are open, as with any change of network.
"""

import asyncio
from collections.abc import Callable

from endpoint.host import HostFolder
from endpoint.logs import EndpointLog
from endpoint.network import Network
from endpoint.web_control.whereabouts import Whereabouts
from foundation.webfilter.parent import Parent, ParentRelay, ParentUnreachableError
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.switches import SwitchBoard


def stands_back(network: Network, policy: WebPolicy | None) -> bool:
    """Tell whether Web Control leaves the filtering to the gateway."""
    if not network.is_office:
        return False
    if policy is None or not policy.web_control:
        return True
    return SwitchBoard(policy.switches).value("office_filter") == "utm"


class StandingBack:
    """Whether one Web Control filters, and where its connections go when it does not.

    Args:
        host: The machine.
        log: Web Control's log.
        policy: The policy in force.
        drop_own: Ends the connections that Web Control filters itself.
        own: Makes the protocol for requests to Web Control's own address.
    """

    def __init__(
        self,
        host: HostFolder,
        log: EndpointLog,
        *,
        policy: Callable[[], WebPolicy | None],
        drop_own: Callable[[], None],
        own: Callable[[], asyncio.Protocol | None],
    ) -> None:
        self._log = log
        self._policy = policy
        self._drop_own = drop_own
        self._whereabouts = Whereabouts(host, log)
        self._relay = ParentRelay(self._gateway, own=own, on_unreachable=self._complain)
        self.is_so = False

    @property
    def is_outdated(self) -> bool:
        """Whether the computer may have been moved; costs one look at the folder."""
        return self._whereabouts.is_outdated

    def look_around(self) -> None:
        """Find out who filters now; a change ends the connections that are open."""
        network = self._whereabouts.current
        is_so = stands_back(network, self._policy())
        if is_so == self.is_so:
            return
        self.is_so = is_so
        who = f"the gateway {network.gateway_host}:{network.gateway_port}"
        self._log.information(
            "Location", f"{network.location}: {who if is_so else 'Web Control'} filters"
        )
        self._drop_own()
        self._relay.drop()

    def connection(self) -> asyncio.BaseProtocol | None:
        """Return the protocol for a new connection; None when Web Control filters it."""
        if self.is_outdated:
            self.look_around()
        return self._relay.connection() if self.is_so else None

    async def stop(self) -> None:
        """End the connections that were handed on."""
        await self._relay.stop()

    def _gateway(self) -> Parent:
        network = self._whereabouts.current
        return Parent(network.gateway_host, network.gateway_port, network.source)

    def _complain(self, error: ParentUnreachableError) -> None:
        sentence = str(error)
        self._log.error("Location", sentence)
