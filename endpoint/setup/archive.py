"""The installer file: a zipapp that holds LiveConnect's address and CA, the same for every token.

- `liveconnect.json`: `{"version": 1, "mcs_url": "https://…"}`; `liveconnect_ca.pem`: the one CA
  that the endpoint will trust. Nothing else of the archive is read here.
- Only HTTPS addresses are accepted (MCS-02).

Provenance: ours; the original is a Windows program.
"""

import json
import ssl
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import urlsplit

from foundation.errors import DomainError

ADDRESS_MEMBER: Final = "liveconnect.json"
CA_MEMBER: Final = "liveconnect_ca.pem"
_LARGEST_MEMBER: Final = 1_000_000


class InstallerIncompleteError(DomainError):
    """The file is no installer, or lacks LiveConnect's address or CA."""

    code: ClassVar[str] = "installer_incomplete"
    hint: ClassVar[str] = "download the installer again from Deploy Agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """The LiveConnect that an installer belongs to.

    Attributes:
        mcs_url: The base address of its MCS.
        ca_pem: The certificate that signs its server's.
    """

    mcs_url: str
    ca_pem: bytes


def read_broker(archive: Path) -> Broker:
    """Read LiveConnect's address and CA out of an installer.

    Raises:
        InstallerIncompleteError: If either is missing or malformed.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            address = json.loads(_member(file, ADDRESS_MEMBER))
            ca_pem = _member(file, CA_MEMBER)
        mcs_url = address["mcs_url"]
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise InstallerIncompleteError(f"{archive.name} is no complete installer") from error
    return checked_broker(mcs_url, ca_pem)


def checked_broker(mcs_url: object, ca_pem: bytes) -> Broker:
    """Build a broker from what a file or a command line says.

    Raises:
        InstallerIncompleteError: If the address is not HTTPS or the CA is no certificate.
    """
    if not isinstance(mcs_url, str) or not _is_https(mcs_url):
        raise InstallerIncompleteError(f"{mcs_url!r} is not the HTTPS address of an MCS server")
    try:
        ssl.PEM_cert_to_DER_cert(ca_pem.decode("ascii").strip())
    except (UnicodeDecodeError, ValueError) as error:
        raise InstallerIncompleteError("the CA certificate is not PEM") from error
    return Broker(mcs_url=mcs_url.rstrip("/"), ca_pem=ca_pem)


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _member(file: zipfile.ZipFile, name: str) -> bytes:
    if file.getinfo(name).file_size > _LARGEST_MEMBER:
        raise ValueError(f"{name} is too large")
    return file.read(name)
