"""Taking over a configuration with nothing running: on the UTM's stored state."""

from pathlib import Path
from typing import Any

from foundation.durable.folder import DataFolder
from utm.adoption import adopt_dump, read_dump
from utm.app import Utm
from utm.config import UtmConfig
from utmlab.places import Places
from utmlab.settings import LabSettings, recall
from utmlab.stack import FORMAT_VERSION


async def adopt_stored(places: Places, folder: Path, *, dry_run: bool = False) -> dict[str, Any]:
    """Take over a dump in a data folder, making the UTM's state there if need be.

    Raises:
        DumpUnreadableError: If files are broken.
        DataFolderInUseError: If a lab works on the data folder.
    """
    dump = read_dump(folder)
    known = recall(places.settings)
    usual = LabSettings()
    config = UtmConfig(
        data=places.utm,
        logs=places.utm_logs,
        liveconnect_url="",
        liveconnect_ca=Path(),
        host_name=usual.host_name,
        timezone=known.get("timezone", usual.timezone),
        extra_lines=not known.get("strict", usual.strict),
    )
    held = DataFolder.open(places.data, component="lab", version=FORMAT_VERSION)
    try:
        async with Utm(config).at_rest() as utm:
            return await adopt_dump(utm, dump, dry_run=dry_run)
    finally:
        held.close()
