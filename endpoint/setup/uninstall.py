"""Uninstalling as a person at the computer does it: refused while tamper protection is on.

- The password's SHA-256 is compared with the one that the policy in force carries; without a
  password in the policy nobody can lift the protection.
- A refusal and a beginning are one line each in the setup log, which stays. What has begun is
  written down first: killed anywhere, the next setup or uninstalling finishes it.
- LiveConnect is not told: MCS has no call for it. The endpoint stays listed until it is removed.

Provenance: that tamper protection forbids it is public; the comparison is ours.
"""

import hashlib
import hmac
import json
from typing import ClassVar

from endpoint.host import HostFolder
from endpoint.mcs_agent.adapters.tamper_protection import tamper_protection_file
from endpoint.setup.journal import Journal, Progress
from endpoint.setup.log import SetupLog
from foundation.errors import DomainError
from foundation.redact import Secret


class TamperProtectedError(DomainError):
    """Tamper protection is on, and the password does not lift it."""

    code: ClassVar[str] = "tamper_protected"
    hint: ClassVar[str] = (
        "Give the tamper protection password of the UTM, or switch it off for the group."
    )


def begin_uninstalling(host: HostFolder, password: Secret, log: SetupLog) -> None:
    """Check that a person with this password may uninstall, and write down that it begins.

    Raises:
        TamperProtectedError: If not; nothing is changed then.
        DataFolderInUseError: If setup works on the host.
    """
    try:
        check_may_uninstall(host, password)
    except TamperProtectedError as error:
        log.write(f"uninstallation refused: {error}", "ERROR")
        raise
    journal = Journal(host)
    try:
        journal.removal_begins(journal.read() or Progress(token_digest=""))
    finally:
        journal.close()
    log.write("uninstallation begins")


def check_may_uninstall(host: HostFolder, password: Secret) -> None:
    """Check that a person with this password may take the installation away.

    Raises:
        TamperProtectedError: If not.
    """
    try:
        settings = json.loads(tamper_protection_file(host).read_bytes())
        enabled, expected = settings["enabled"], str(settings["password_sha256"])
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError):
        # Settings that cannot be read protect: anything else would be the way around them.
        enabled, expected = True, ""
    shown = hashlib.sha256(password.reveal().encode()).hexdigest()
    if enabled and not (expected and hmac.compare_digest(shown, expected.lower())):
        raise TamperProtectedError(f"tamper protection is on at {host.name}")
