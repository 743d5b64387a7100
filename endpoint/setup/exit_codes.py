"""Every way in which setup ends: one table, which `--help` prints.

- A code is for programs and never changes its meaning; what it leaves behind is part of it.
- Codes in tens name the step that stopped: 10 the file, 20 step 1, 40 step 4, and so on.

Provenance: ours. No public source lists the codes of the UTM's installer.
"""

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """How setup ended."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    NAME_MALFORMED = 10
    ARCHIVE_INCOMPLETE = 11
    HOST_IN_USE = 12
    NOT_INSTALLED = 13
    OTHER_INSTALLATION = 20
    SERVICES_NOT_RUNNING = 30
    REGISTRATION_REFUSED = 40
    SERVER_UNREACHABLE = 41
    POLICIES_MISSING = 42
    AUTOUPDATE_NOT_CONFIGURED = 50
    DOWNLOAD_FAILED = 60
    PACKAGE_REFUSED = 61
    DISK_REFUSED = 70


MEANINGS: Final[dict[ExitCode, str]] = {
    ExitCode.OK: "installed, or it was installed already",
    ExitCode.UNEXPECTED: "an error that setup does not know; the setup log has it",
    ExitCode.USAGE: "wrong command line",
    ExitCode.NAME_MALFORMED: "the installer's file name holds no token of 17 letters and digits",
    ExitCode.ARCHIVE_INCOMPLETE: "the installer lacks LiveConnect's address or CA",
    ExitCode.HOST_IN_USE: "another setup works on this host",
    ExitCode.NOT_INSTALLED: "the Python that runs the installer has no utmlab",
    ExitCode.OTHER_INSTALLATION: "step 1: the host belongs to another installation; unchanged",
    ExitCode.SERVICES_NOT_RUNNING: "step 3: an MCS service did not start; removed again",
    ExitCode.REGISTRATION_REFUSED: "step 4: LiveConnect refused the token; removed again",
    ExitCode.SERVER_UNREACHABLE: "step 4: LiveConnect did not answer; removed again",
    ExitCode.POLICIES_MISSING: "step 4: the policies did not arrive in time; run setup again",
    ExitCode.AUTOUPDATE_NOT_CONFIGURED: "step 5: the ALC policy was refused; run setup again",
    ExitCode.DOWNLOAD_FAILED: "step 6: the package could not be downloaded; run setup again",
    ExitCode.PACKAGE_REFUSED: "step 6: the package's SHA-384 differs; not installed",
    ExitCode.DISK_REFUSED: "the disk refused a write; run setup again when there is room",
}
"""Each code and what it means for the person who sees it."""


def table() -> str:
    """Return the table as text for `--help`."""
    return "\n".join(f"  {code:>3}  {MEANINGS[code]}" for code in ExitCode)
