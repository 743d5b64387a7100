r"""Taking everything away again, so that nothing of an installation is left on the host.

- Services first, then lists, then folders, the journal last: killed anywhere, the next setup finds
  the journal and finishes the removal.
- Only what setup installs goes; an older product's files and the setup log stay.
- An attempt to register whose answer never came stays too: the next setup goes on with it.
- Folders that are empty afterwards go too, up to the host folder.

Provenance: ours ("leaves nothing behind").
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from endpoint.autoupdate.installation import PROGRAM_FOLDER, installed_packages
from endpoint.host import HostFolder
from endpoint.mcs_agent.adapters.device_control import device_control_file
from endpoint.mcs_agent.adapters.sav import anti_virus_file
from endpoint.mcs_agent.adapters.tamper_protection import tamper_protection_file
from endpoint.mcs_client.attempt import forget_attempt
from endpoint.products import OURS, InstalledProducts
from endpoint.service_table import AUTOUPDATE, MCS_AGENT, MCS_CLIENT, WEB_CONTROL, ServiceTable
from endpoint.services import ServiceControl
from endpoint.setup.journal import setup_folder


async def remove_installation(host: HostFolder, services: ServiceControl) -> None:
    """Remove everything that setup installed on a host."""
    table = ServiceTable(host)
    if host.credentials_file.exists():
        forget_attempt(host)
    for name in (WEB_CONTROL, AUTOUPDATE, MCS_AGENT, MCS_CLIENT):
        if name in table.entries():
            await services.stop(name)
            table.remove(name)
    if not table.entries():
        host.service_table.unlink(missing_ok=True)
    for folder in _folders(host):
        shutil.rmtree(folder, ignore_errors=True)
        _remove_empty(folder.parent, host.root)
    InstalledProducts(host).remove(OURS)
    shutil.rmtree(setup_folder(host), ignore_errors=True)
    _remove_empty(setup_folder(host).parent, host.root)


def _folders(host: HostFolder) -> Iterator[Path]:
    if installed_packages(host):
        yield host.path(PROGRAM_FOLDER)
    yield from (host.mcs, host.autoupdate, host.web_control)
    for file in (anti_virus_file(host), tamper_protection_file(host), device_control_file(host)):
        yield file.parent


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
