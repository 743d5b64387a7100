"""Installing computers of a running lab, again and again if need be.

- An installation that was interrupted or came to nothing goes on; one that is complete is refused.

Provenance: ours.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from endpoint.reading import EndpointArchive
from utmlab.stack import Stack


def free_name(taken: Sequence[str]) -> str:
    """Return the first of PC-01, PC-02 and so on that is not taken."""
    number = 1
    while f"PC-{number:02d}" in taken:
        number += 1
    return f"PC-{number:02d}"


async def install_on(
    lab: Stack,
    name: str,
    installer: Path,
    *,
    products: tuple[str, ...] = (),
    narrate: Callable[[str], None],
) -> None:
    """Install a computer, or go on with an installation that was interrupted or came to nothing.

    Raises:
        ComputerExistsError: If it is installed.
        SetupStoppedError: If the installation stops.
    """
    known = lab.computers.get(name)
    if known is None or is_installed(lab, name):
        await lab.install(name, installer, products=products, narrate=narrate)
    else:
        await known.install(installer, products=products, narrate=narrate)


def is_installed(lab: Stack, name: str) -> bool:
    """Whether a computer's installation is complete."""
    archive = EndpointArchive(lab.places.host(name))
    progress = archive.setup
    return bool(archive.services) and (progress is None or progress.is_complete)
