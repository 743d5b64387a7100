"""Software packages on disk: a zip with a version file, and its manifest.

- Made at first start; a package that does not match its manifest any more is made anew.
- The package is written before its manifest, so that a manifest never names what is not there.
- The same content gives the same bytes: a package changes only when its version does.

Provenance: that the installer downloads SAV and its updates is the seed's; what is inside is ours.
"""

import io
import zipfile
from datetime import datetime
from pathlib import Path

from foundation.durable.files import write_atomic
from foundation.protocol.content import (
    ManifestRefusedError,
    PackageDamagedError,
    PackageManifest,
    decode_manifest,
    describe_package,
)

MANIFEST = "manifest.json"
SAV_VERSION = "10.8.4"
_SAV_FILES = {
    "VERSION.ini": f"PRODUCT_NAME = SAV\nPRODUCT_VERSION = {SAV_VERSION}\n",
    "engine/engine.txt": "Stands for the scanning engine; it scans nothing.\n",
    "data/vdl.txt": "Stands for the virus data; it recognises nothing.\n",
}
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def ensure_packages(folder: Path, at: datetime) -> None:
    """Make every package that is missing or damaged."""
    _ensure(folder / "SAV", "SAV", SAV_VERSION, _SAV_FILES, at)


def read_manifest(folder: Path) -> PackageManifest | None:
    """Return the manifest of a package whose file matches it, or None."""
    try:
        manifest = decode_manifest((folder / MANIFEST).read_bytes())
        manifest.check((folder / manifest.file_name).read_bytes())
    except (FileNotFoundError, ManifestRefusedError, PackageDamagedError):
        return None
    return manifest


def build_package(files: dict[str, str]) -> bytes:
    """Return a zip of these files, the same bytes each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, date_time=_ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()


def _ensure(folder: Path, name: str, version: str, files: dict[str, str], at: datetime) -> None:
    stored = read_manifest(folder)
    if stored is not None and stored.version == version:
        return
    package = build_package(files)
    file_name = f"{name}-{version}.zip"
    write_atomic(folder / file_name, package)
    manifest = describe_package(name, version, file_name, package, at)
    write_atomic(folder / MANIFEST, manifest.encode())
