"""Which network a computer is plugged into: at the office, behind the UTM, or anywhere else.

- `network.json` at the host root, beside the disk like the computer's facts: a property of the
  place, not of the installation. It survives restarts and uninstalling.
- No file means roaming.
- At the office the file also says where the gateway's proxy is, and from which address this
  computer reaches it: the gateway tells computers apart by that.
- The gateway may move its proxy: a note of its own (`gateway_note`), if there is one, says where it
  is now, as a network announces it by WPAD.

Provenance: that the UTM filters behind the UTM and Web Control elsewhere is the seed's (UTM-08);
the file, and that a move is an act of whoever runs the lab, are ours.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar, Final, Literal

from endpoint.host import HostFolder
from foundation.durable.files import write_atomic
from foundation.errors import DomainError

Location = Literal["office", "roaming"]
LOCATIONS: Final[tuple[Location, ...]] = ("office", "roaming")
_VERSION: Final = 1


class NetworkFileDamagedError(DomainError):
    """network.json cannot be read."""

    code: ClassVar[str] = "network_file_damaged"
    hint: ClassVar[str] = "Move the computer again, with `utmlab endpoint move`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Where a computer is.

    Attributes:
        location: At the office or roaming.
        gateway_host: The gateway's proxy, as the office network knows it.
        gateway_port: Its port.
        source: The address that this computer has at the office.
        gateway_note: The file in which the gateway says where its proxy is; empty for none.
    """

    location: Location = "roaming"
    gateway_host: str = ""
    gateway_port: int = 0
    source: str = ""
    gateway_note: str = ""

    @property
    def is_office(self) -> bool:
        """Whether the computer's traffic is routed through the UTM."""
        return self.location == "office"


def network_file(host: HostFolder) -> Path:
    """Return where the file lies."""
    return host.root / "network.json"


def load_network(host: HostFolder) -> Network:
    """Return the network of a host.

    Raises:
        NetworkFileDamagedError: If the file is none of ours.
    """
    path = network_file(host)
    try:
        return _decode(path.read_bytes())
    except FileNotFoundError:
        return Network()
    except (ValueError, KeyError, TypeError) as error:
        raise NetworkFileDamagedError(f"{path} cannot be read") from error


def at_gateway(network: Network) -> Network:
    """Return the network with the gateway's proxy where its note says; without one as it stands."""
    if not network.gateway_note:
        return network
    try:
        note = json.loads(Path(network.gateway_note).read_bytes())
        return replace(network, gateway_host=str(note["host"]), gateway_port=int(note["port"]))
    except (OSError, ValueError, KeyError, TypeError):
        return network


def store_network(host: HostFolder, network: Network) -> None:
    """Plug a host into a network."""
    document = {"version": _VERSION, **asdict(network)}
    write_atomic(network_file(host), json.dumps(document, indent=2).encode() + b"\n")


def _decode(data: bytes) -> Network:
    document = json.loads(data)
    if document.pop("version") != _VERSION or document["location"] not in LOCATIONS:
        raise ValueError("not a network of a version that is known")
    return Network(**document)
