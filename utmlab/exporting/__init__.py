"""Fetching the configuration of another appliance over its REST API, read-only.

Example:
    source = Source("https://utm.example:4444", token=Secret, trust=Trust(ca=Path("utm.pem")))
    exported = asyncio.run(export(source, Path("customer"), now=utc_now))
"""

from utmlab.exporting.export import Exported, FolderNotOursError, export
from utmlab.exporting.source import (
    AddressRefusedError,
    Source,
    SourceRefusedError,
    SourceUnreachableError,
    Trust,
)

__all__ = [
    "AddressRefusedError",
    "Exported",
    "FolderNotOursError",
    "Source",
    "SourceRefusedError",
    "SourceUnreachableError",
    "Trust",
    "export",
]
