r"""The attempt to register that is under way, by name.

- Written down before the first request, removed when the identity that came of it is on disk.
- It outlives an installation that is undone because no answer came: it lies in the machine's
  temporary folder, beside the setup log, and the next installation goes on with it.
- As secret as a password (0600): with a token, it stands for the endpoint that it made.

Provenance: ours; a server that does not know the header enrols as it always did.
"""

import re
import secrets
from pathlib import Path
from typing import Final

from endpoint.host import HostFolder
from foundation.durable.files import remove, write_secret

ATTEMPT_HEADER: Final = "X-Registration-Attempt"
_FORM: Final = re.compile(r"[0-9a-f]{32}")


def attempt_file(host: HostFolder) -> Path:
    """Return where the attempt is written down."""
    return host.path(r"C:\Windows\Temp\Sophos MCS Registration Attempt.txt")


def current_attempt(host: HostFolder) -> str:
    """Return the attempt under way; without one, or with a damaged one, a new one begins."""
    path = attempt_file(host)
    try:
        attempt = path.read_text(errors="replace").strip()
    except FileNotFoundError:
        attempt = ""
    if _FORM.fullmatch(attempt) is None:
        attempt = secrets.token_hex(16)
        write_secret(path, attempt.encode())
    return attempt


def forget_attempt(host: HostFolder) -> None:
    """Say that the outcome of the attempt is known."""
    remove(attempt_file(host))
