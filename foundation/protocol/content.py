"""The manifest of a software package that endpoints download.

* ``file_name`` is a bare name: a manifest cannot point outside its own folder.
* A package is what its SHA-384 says, checked together with its size.

Provenance: ours; the digest is that of the public description of AutoUpdate.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from foundation.errors import DomainError
from foundation.protocol.reasons import Reason
from foundation.protocol.timestamps import (
    TimestampMalformedError,
    format_timestamp,
    parse_timestamp,
)

MANIFEST_VERSION = 1

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,127}")
_SHA384 = re.compile("[0-9a-f]{96}")
_TEXTS = ("name", "version", "file", "sha384", "at")


class ManifestRefusedError(DomainError):
    """A package manifest that cannot be used."""

    code: ClassVar[str] = "manifest_refused"
    hint: ClassVar[str] = "Fetch the manifest again; if it stays, publish the package anew."


class PackageDamagedError(DomainError):
    """A downloaded package is not what its manifest describes."""

    code: ClassVar[str] = "package_damaged"
    hint: ClassVar[str] = "Nothing was installed; the download is tried again."
    reason: ClassVar[Reason] = Reason.DIGEST_WRONG


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageManifest:
    """One package: what it is called, and what its one file must be."""

    name: str
    version: str
    file_name: str
    size: int
    sha384: str
    at: datetime

    def encode(self) -> bytes:
        """Return the manifest as JSON."""
        manifest = {
            "manifest": MANIFEST_VERSION,
            "name": self.name,
            "version": self.version,
            "file": self.file_name,
            "size": self.size,
            "sha384": self.sha384,
            "at": format_timestamp(self.at),
        }
        return json.dumps(manifest, indent=1).encode()

    def check(self, package: bytes) -> None:
        """Compare a downloaded package with this manifest.

        Raises:
            PackageDamagedError: when its size or its SHA-384 differs.
        """
        if len(package) != self.size:
            raise PackageDamagedError(
                f"{self.file_name} has {len(package)} bytes instead of {self.size}."
            )
        if sha384_of(package) != self.sha384:
            raise PackageDamagedError(f"The SHA-384 of {self.file_name} is not the manifest's.")


def sha384_of(package: bytes) -> str:
    """Return the digest as manifests write it."""
    return hashlib.sha384(package).hexdigest()


def describe_package(
    name: str, version: str, file_name: str, package: bytes, at: datetime
) -> PackageManifest:
    """Return the manifest of a package."""
    return PackageManifest(
        name=name,
        version=version,
        file_name=file_name,
        size=len(package),
        sha384=sha384_of(package),
        at=at,
    )


def decode_manifest(data: bytes) -> PackageManifest:
    """Read a manifest.

    Raises:
        ManifestRefusedError: not JSON, of a newer version, incomplete, or with a file name that
            is not a bare name.
    """
    manifest = _load(data)
    if _NAME.fullmatch(manifest["file"]) is None or _NAME.fullmatch(manifest["name"]) is None:
        raise ManifestRefusedError("The manifest's names are not bare names.")
    if _SHA384.fullmatch(manifest["sha384"]) is None:
        raise ManifestRefusedError("The manifest's digest is not a SHA-384 in hex.")
    try:
        at = parse_timestamp(manifest["at"])
    except TimestampMalformedError as error:
        raise ManifestRefusedError(f"The manifest: {error}") from error
    return PackageManifest(
        name=manifest["name"],
        version=manifest["version"],
        file_name=manifest["file"],
        size=manifest["size"],
        sha384=manifest["sha384"],
        at=at,
    )


def _load(data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ManifestRefusedError("The manifest is not JSON.") from error
    if not isinstance(manifest, dict) or manifest.get("manifest") != MANIFEST_VERSION:
        raise ManifestRefusedError(f"The manifest is not of version {MANIFEST_VERSION}.")
    size = manifest.get("size")
    complete = all(isinstance(manifest.get(name), str) for name in _TEXTS)
    if not complete or isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise ManifestRefusedError("The manifest lacks a field.")
    return manifest
