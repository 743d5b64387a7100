r"""What is installed from packages, and how a package becomes installed.

- Files first, the version last: `installed.json` names a package only when all of it is in place,
  so that a killed installation is simply done again.
- A package is a ZIP archive; a member that would leave its folder refuses the whole package.
- The cached package goes once it is installed.

Provenance: ours; the product's folder has its public name.
"""

import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Final

from endpoint.host import HostFolder, PathOutsideHostError
from endpoint.products import ANTI_VIRUS, InstalledProducts
from foundation.durable.files import write_atomic
from foundation.errors import DomainError
from foundation.protocol.content import PackageManifest

PROGRAM_FOLDER: Final = r"C:\Program Files (x86)\Sophos\Sophos Anti-Virus"
_VERSION: Final = 1


class PackageMalformedError(DomainError):
    """A package that cannot be unpacked into its folder."""

    code: ClassVar[str] = "package_malformed"
    hint: ClassVar[str] = "nothing of it counts as installed; the server needs a correct package"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPackage:
    """A package that is installed.

    Attributes:
        name: The package's name.
        version: Its version.
        sha384: What identifies its content.
        installed_at: ISO 8601.
    """

    name: str
    version: str
    sha384: str
    installed_at: str


def installed_file(host: HostFolder) -> Path:
    """Return where AutoUpdate notes what is installed."""
    return host.autoupdate / "data" / "installed.json"


def installed_packages(host: HostFolder) -> dict[str, InstalledPackage]:
    """Return what is installed, by name; a damaged note means nothing, so it is done again."""
    try:
        document = json.loads(installed_file(host).read_bytes())
        packages = [InstalledPackage(**entry) for entry in document["packages"]]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}
    return {package.name: package for package in packages}


def install_package(
    host: HostFolder, manifest: PackageManifest, archive: Path, *, at: str
) -> InstalledPackage:
    """Unpack a checked package, and note it when everything is in place.

    Raises:
        PackageMalformedError: If it is no archive or leads out of its folder.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            for name in file.namelist():
                if not name.endswith("/"):
                    write_atomic(host.path(f"{PROGRAM_FOLDER}\\{name}"), file.read(name))
    except (zipfile.BadZipFile, PathOutsideHostError) as error:
        raise PackageMalformedError(f"{archive.name} cannot be unpacked: {error}") from error
    package = InstalledPackage(
        name=manifest.name, version=manifest.version, sha384=manifest.sha384, installed_at=at
    )
    InstalledProducts(host).install(ANTI_VIRUS, manifest.version)
    packages = {**installed_packages(host), package.name: package}
    entries = [asdict(entry) for entry in packages.values()]
    document = {"version": _VERSION, "packages": entries}
    write_atomic(installed_file(host), json.dumps(document, indent=2).encode() + b"\n")
    return package
