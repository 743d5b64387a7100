"""What happens to computers of a running lab: uninstalled, installed anew, copied.

- Uninstalling is a person's act and asks for the tamper protection password; putting a new image
  on the disk asks nobody. LiveConnect is told of neither: MCS has no call for it.
- A copy has everything of the original but its name and its proxy's port, the identity included:
  two computers that LiveConnect takes for one.

Provenance: ours.
"""

import shutil
from collections.abc import Callable

from endpoint.setup.log import SetupLog
from endpoint.setup.uninstall import TamperProtectedError, begin_uninstalling
from endpoint.web_control.listening import proxy_file
from foundation.redact import Secret
from utmlab.errors import ComputerExistsError
from utmlab.stack import Stack


async def uninstall(lab: Stack, name: str, password: Secret) -> None:
    """Take the installation of a computer away.

    Raises:
        NoSuchComputerError: If there is none of that name.
        TamperProtectedError: If tamper protection forbids it.
    """
    computer = lab.computer(name)
    try:
        begin_uninstalling(computer.host, password, SetupLog(computer.host, lab.now))
    except TamperProtectedError:
        lab.operations.record("uninstall_refused", computer=name)
        raise
    await computer.uninstall()
    del lab.computers[name]
    lab.operations.record("uninstalled", computer=name)


async def reimage(lab: Stack, name: str, *, narrate: Callable[[str], None]) -> None:
    """Empty the disk of a computer and install it again: it enrols as a new endpoint.

    Raises:
        NoSuchComputerError: If there is none of that name.
    """
    computer = lab.computer(name)
    await computer.stop()
    shutil.rmtree(computer.host.root)
    del lab.computers[name]
    lab.operations.record("reimaged", computer=name)
    await lab.install(name, narrate=narrate)


async def clone(lab: Stack, name: str, copy: str) -> None:
    """Copy the disk of a computer to another, and switch both on.

    Raises:
        NoSuchComputerError: If there is none of that name.
        ComputerExistsError: If there is one of the other name.
    """
    computer, target = lab.computer(name), lab.places.host(copy)
    if copy in lab.computers or target.exists():
        raise ComputerExistsError(f"there is a computer {copy} already")
    await computer.stop()
    try:
        shutil.copytree(computer.host.root, target, symlinks=True)
    finally:
        await computer.start()
    # The original's port is taken by the original.
    proxy_file(lab.add_computer(copy).host).unlink(missing_ok=True)
    await lab.computer(copy).start()
    lab.operations.record("cloned", computer=name, copy=copy)
