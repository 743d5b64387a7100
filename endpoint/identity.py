r"""Who this endpoint is: the id and password that LiveConnect gave it.

* ``Persist\Credentials`` (0600) holds both and decides; ``Persist\EndpointIdentity.txt`` shows the
  id to people and scripts, and is written again when it is missing or differs.
* No Credentials, no identity: removing both files makes the client register anew.

Provenance: both names and the meaning of their removal are public (mcs-protocol 3.1); the real
Credentials file is obfuscated, ours is JSON behind its mode.
"""

import json
from dataclasses import dataclass
from typing import ClassVar, Final

from endpoint.host import HostFolder
from foundation.durable.files import remove, write_atomic, write_secret
from foundation.errors import DomainError
from foundation.redact import Secret

_VERSION: Final = 1


class CredentialsDamagedError(DomainError):
    """Persist/Credentials cannot be read."""

    code: ClassVar[str] = "credentials_damaged"
    hint: ClassVar[str] = "remove Credentials and EndpointIdentity.txt: the client registers anew"


@dataclass(frozen=True, slots=True)
class Identity:
    """An endpoint's id and its password."""

    endpoint_id: str
    password: Secret


def load_identity(host: HostFolder) -> Identity | None:
    """Read who this endpoint is; None when it is not registered.

    Raises:
        CredentialsDamagedError: There is a Credentials file, but not one of ours.
    """
    try:
        data = host.credentials_file.read_bytes()
    except FileNotFoundError:
        return None
    try:
        document = json.loads(data)
        version, endpoint_id = document["version"], str(document["endpoint_id"])
        password = Secret(str(document["password"]))
    except (ValueError, KeyError, TypeError) as error:
        raise CredentialsDamagedError(f"{host.credentials_file} cannot be read") from error
    if version != _VERSION or not endpoint_id:
        raise CredentialsDamagedError(f"{host.credentials_file} is of version {version!r}")
    _show(host, endpoint_id)
    return Identity(endpoint_id, password)


def store_identity(host: HostFolder, identity: Identity) -> None:
    """Write down who this endpoint is; returns when it is on disk."""
    document = {
        "version": _VERSION,
        "endpoint_id": identity.endpoint_id,
        "password": identity.password.reveal(),
    }
    write_secret(host.credentials_file, json.dumps(document).encode())
    _show(host, identity.endpoint_id)


def forget_identity(host: HostFolder) -> None:
    """Make this an unregistered endpoint; LiveConnect is not told, as the protocol has it."""
    remove(host.credentials_file)
    remove(host.identity_file)


def _show(host: HostFolder, endpoint_id: str) -> None:
    path = host.identity_file
    try:
        shown = path.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        shown = ""
    if shown != endpoint_id:
        write_atomic(path, endpoint_id.encode() + b"\n")
