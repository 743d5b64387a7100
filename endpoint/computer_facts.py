"""What the emulated computer is called, kept beside its disk for every process that asks.

- `computer.json` at the host root, written by setup; without it the facts follow the folder's name.

Provenance: the facts are synthetic; the file is ours.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar, Final

from endpoint.host import HostFolder
from endpoint.mcs_client.computer import Computer
from foundation.durable.files import write_atomic
from foundation.errors import DomainError

_VERSION: Final = 1


class ComputerFactsDamagedError(DomainError):
    """computer.json cannot be read."""

    code: ClassVar[str] = "computer_facts_damaged"
    hint: ClassVar[str] = "repair or remove computer.json in the host folder"


def facts_file(host: HostFolder) -> Path:
    """Return where the facts lie."""
    return host.root / "computer.json"


def load_computer(host: HostFolder) -> Computer:
    """Return the facts of a host.

    Raises:
        ComputerFactsDamagedError: If the file is none of ours.
    """
    path = facts_file(host)
    try:
        document = json.loads(path.read_bytes())
        return Computer(**document["computer"])
    except FileNotFoundError:
        return Computer.of(host)
    except (ValueError, KeyError, TypeError) as error:
        raise ComputerFactsDamagedError(f"{path} cannot be read") from error


def store_computer(host: HostFolder, computer: Computer) -> None:
    """Keep the facts of a host."""
    document = {"version": _VERSION, "computer": asdict(computer)}
    write_atomic(facts_file(host), json.dumps(document, indent=2).encode() + b"\n")
