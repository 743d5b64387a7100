"""One update: look, download, check, install.

- What is installed already is not downloaded again; a package in the cache is checked, not trusted.
- A package that is refused changes nothing on the host.

Provenance: ours.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from endpoint.autoupdate.config import load_config
from endpoint.autoupdate.installation import (
    InstalledPackage,
    install_package,
    installed_packages,
)
from endpoint.autoupdate.source import PackageSource
from endpoint.host import HostFolder
from foundation.checkpoints import NO_CHECKPOINTS, Checkpoints
from foundation.durable.files import remove
from foundation.protocol.content import PackageManifest
from foundation.service import Now

ANTI_VIRUS_PACKAGE: Final = "SAV"


@dataclass(frozen=True, slots=True)
class Update:
    """What an update found: the package in place, and whether it is new."""

    package: InstalledPackage
    is_new: bool


class Updater:
    """Updates one host.

    Args:
        host: The machine.
        now: The present.
        checkpoints: Named points for tests.
    """

    def __init__(
        self, host: HostFolder, *, now: Now, checkpoints: Checkpoints = NO_CHECKPOINTS
    ) -> None:
        self._host = host
        self._now = now
        self._checkpoints = checkpoints

    async def update(self, name: str = ANTI_VIRUS_PACKAGE) -> Update:
        """Bring one package up to date.

        Raises:
            AutoUpdateNotConfiguredError: If no ALC policy was applied.
            DownloadFailedError: If the server has no package to give.
            PackageDamagedError: If the package is not what its manifest says.
            PackageMalformedError: If it cannot be unpacked.
        """
        config = load_config(self._host)
        source = PackageSource(config, ca=self._host.server_ca, now=self._now)
        manifest = await source.manifest(name)
        installed = installed_packages(self._host).get(name)
        if installed is not None and installed.sha384 == manifest.sha384:
            return Update(installed, is_new=False)
        archive = self._host.autoupdate_cache / f"{manifest.sha384[:16]}.package"
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(None, _is_package, archive, manifest):
            await source.download(manifest, archive)
        self._checkpoints.reach("autoupdate.after_download")
        at = self._now().isoformat()
        package = await loop.run_in_executor(
            None, lambda: install_package(self._host, manifest, archive, at=at)
        )
        self._checkpoints.reach("autoupdate.after_install")
        remove(archive)
        return Update(package, is_new=True)


def _is_package(archive: Path, manifest: PackageManifest) -> bool:
    """Whether a file in the cache is whole and is the manifest's."""
    try:
        with archive.open("rb") as file:
            return hashlib.file_digest(file, "sha384").hexdigest() == manifest.sha384
    except FileNotFoundError:
        return False
