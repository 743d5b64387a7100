"""The installer's file name, which carries the registration token (UTM-05).

- `SophosMCSEndpoint_<TOKEN>.exe`: any case of the prefix and the extension; the token's own case
  counts.
- What browsers and file managers add to a second copy is accepted: ` (1)`, ` - Copy`, and both,
  also ` - Copy (2)`.
- The name is read, never the bytes: the same file under another name registers elsewhere.

Provenance: the name is the seed's; 17 mixed-case alphanumerics and the other case of the prefix
are public; tolerated copies are ours.
"""

import re
from typing import ClassVar, Final

from foundation.errors import DomainError
from foundation.protocol.names import INSTALLER_PREFIX, TOKEN_LENGTH
from foundation.redact import Secret

_COPY: Final = r"(?: - Copy| ?\([0-9]{1,3}\))*"
_NAME: Final = re.compile(
    rf"(?i:{re.escape(INSTALLER_PREFIX)})([A-Za-z0-9]{{{TOKEN_LENGTH}}})(?i:{_COPY}\.exe{_COPY})",
    re.ASCII,
)


class InstallerNameMalformedError(DomainError):
    """A file name without a registration token in the place where it belongs."""

    code: ClassVar[str] = "installer_name_malformed"
    hint: ClassVar[str] = (
        f"keep the name under which it was downloaded: {INSTALLER_PREFIX}<TOKEN>.exe, "
        f"where <TOKEN> is {TOKEN_LENGTH} letters and digits"
    )


def token_of(file_name: str) -> Secret:
    """Return the token in the installer's file name.

    Raises:
        InstallerNameMalformedError: If the name has no token.
    """
    match = _NAME.fullmatch(file_name)
    if match is None:
        raise InstallerNameMalformedError(f"{file_name!r} is not an installer's name")
    return Secret(match.group(1))
