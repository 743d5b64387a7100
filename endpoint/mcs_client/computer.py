"""What this computer says about itself when it registers, and as the status of AGENT.

* The name is the host folder's; two computers of one name are two endpoints all the same.
* Addresses and the operating system are an emulated machine's: nothing is read from the real one.

Provenance: the document is mcs-protocol 2.1 (public); the facts are synthetic.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from endpoint.host import HostFolder
from foundation.protocol.computer_status import ComputerStatus

PRODUCT_VERSION: Final = "4.15.3.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Computer:
    """The facts of one emulated computer."""

    name: str
    domain: str = "WORKGROUP"
    operating_system: str = "Windows 10 Pro"
    is_server: bool = False
    last_logged_on_user: str = ""
    ipv4: str = "127.0.0.1"
    ipv6: str = ""
    processor_architecture: str = "x86_64"

    @classmethod
    def of(cls, host: HostFolder) -> "Computer":
        """The facts of a host folder that has no others."""
        return cls(name=host.name, last_logged_on_user=f"{host.name}\\user")


def describe(
    computer: Computer, at: datetime, *, device_id: str = "", tenant_id: str = ""
) -> ComputerStatus:
    """Make the computer's status.

    Args:
        computer: Its facts.
        at: The present.
        device_id: Once LiveConnect has given one out.
        tenant_id: Likewise.
    """
    return ComputerStatus(
        computer_name=computer.name,
        domain_name=computer.domain,
        fqdn=computer.name.lower(),
        operating_system=computer.operating_system,
        is_server=computer.is_server,
        last_logged_on_user=computer.last_logged_on_user,
        ipv4=computer.ipv4,
        ipv6=computer.ipv6,
        processor_architecture=computer.processor_architecture,
        software_version=PRODUCT_VERSION,
        device_id=device_id,
        tenant_id=tenant_id,
        timestamp=at,
    )
