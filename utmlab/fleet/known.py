"""What is known of a fleet's agents from an earlier run: identities, and what is in force.

* The files are as secret as passwords (0600) and replaced as a whole; each process has its part.
* The fleet's secret names the attempts to register: when an answer, or the whole run, was lost,
  the next try of the same agent names the same attempt, and LiveConnect enrols no second endpoint.
* A file of a newer version is refused and untouched.

Provenance: ours.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from foundation.durable.files import write_secret
from foundation.errors import DomainError

VERSION: Final = 1


class IdentitiesDamagedError(DomainError):
    """The file of identities cannot be read."""

    code: ClassVar[str] = "identities_damaged"
    hint: ClassVar[str] = "Move the file away to enrol the fleet anew, or name another file."


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One agent, as it was.

    Attributes:
        endpoint_id: Its id.
        password: Its password.
        policies: RevID in force, by app.
        mcs_policy: The MCS policy in force, as it came.
    """

    endpoint_id: str
    password: str = field(repr=False)
    policies: dict[str, str] = field(default_factory=dict)
    mcs_policy: str = field(default="", repr=False)


def attempt_of(secret: str, number: int) -> str:
    """Return the name of an agent's attempt to register."""
    return hashlib.sha256(f"{secret}/{number}".encode()).hexdigest()[:32]


def fleet_secret(path: Path | None) -> str:
    """Return the secret of a fleet, made at its first run; without a file one of this run.

    Raises:
        IdentitiesDamagedError: The file cannot be read.
    """
    if path is not None and path.exists():
        return str(_read(path)["secret"])
    secret = secrets.token_hex(16)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, {"secret": secret})
    return secret


def read_known(path: Path) -> dict[str, Known]:
    """Return what earlier runs left, by computer name, in however many processes they ran.

    Raises:
        IdentitiesDamagedError: A part cannot be read.
    """
    parts = path.parent.glob(f"{path.name}.*") if path.parent.is_dir() else ()
    # An agent may stand in two parts after the number of processes has changed: the newer holds.
    ordered = sorted(parts, key=lambda part: part.stat().st_mtime_ns)
    known: dict[str, Known] = {}
    for part in ordered:
        try:
            agents = _read(part)["agents"]
            known |= {name: Known(**record) for name, record in agents.items()}
        except (KeyError, TypeError, AttributeError) as error:
            raise IdentitiesDamagedError(f"{part} cannot be read: {error!r}") from error
    return known


def write_known(path: Path, first: int, known: Mapping[str, Known]) -> None:
    """Keep what the process knows whose first agent has this number."""
    agents = {name: asdict(one) for name, one in known.items()}
    _write(path.with_name(f"{path.name}.{first}"), {"agents": agents})


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        if content["version"] != VERSION:
            raise ValueError(f"version {content['version']!r}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IdentitiesDamagedError(f"{path} cannot be read: {error!r}") from error
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    write_secret(path, json.dumps({"version": VERSION, **content}).encode())
