"""Deploy Agent: the installer, an executable zipapp with the registration token in its name.

- UTM-05: `SophosMCSEndpoint_<TOKEN>.exe` (seed). The bytes are the same for every token and every
  time: no clock, no compression that could differ, members in a fixed order.
- Inside: LiveConnect's address and CA, and a start that hands over to the endpoint's setup in
  whatever Python runs the file. The import happens there and then, never here; a Python without
  utmlab gets a sentence and the exit code 13 (ours).
- The file is written in one step, so that nobody downloads half of it.
"""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import ClassVar, Final

from foundation.durable.files import write_atomic
from foundation.errors import DomainError
from foundation.protocol.names import INSTALLER_PREFIX, TOKEN_LENGTH

NOT_INSTALLED_EXIT_CODE: Final = 13
MODE: Final = 0o755
_TOKEN: Final = re.compile(rf"[A-Za-z0-9]{{{TOKEN_LENGTH}}}", re.ASCII)
_SHEBANG: Final = b"#!/usr/bin/env python3\n"
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
_UNIX: Final = 3

_MAIN: Final = f'''"""The installer of an endpoint: hands over to utmlab's setup."""

import sys

try:
    from endpoint.setup.bootstrap import main
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("endpoint", "foundation"):
        raise
    sys.stderr.write(
        "This installer needs utmlab, which is not installed in the Python that runs it "
        f"({{sys.executable}}).\\nInstall utmlab there, or run the file with a Python that has "
        "it: /path/to/venv/bin/python <this file>\\n"
    )
    sys.exit({NOT_INSTALLED_EXIT_CODE})

sys.exit(main())
'''


class TokenMalformedError(DomainError):
    """A registration token has another form than LiveConnect gives out."""

    code: ClassVar[str] = "token_malformed"
    hint: ClassVar[str] = f"A token is {TOKEN_LENGTH} letters and digits; take it from the UTM."


def installer_name(token: str) -> str:
    """Return the installer's file name for a token.

    Raises:
        TokenMalformedError: If the token is none.
    """
    if _TOKEN.fullmatch(token) is None:
        raise TokenMalformedError(f"a token of {len(token)} characters is no registration token")
    return f"{INSTALLER_PREFIX}{token}.exe"


def installer_bytes(*, mcs_url: str, ca_pem: str) -> bytes:
    """Return the installer for a LiveConnect: the same bytes whenever and for whomever.

    Args:
        mcs_url: The base address of its MCS.
        ca_pem: The certificate that endpoints trust it by.
    """
    address = json.dumps({"version": 1, "mcs_url": mcs_url}, sort_keys=True) + "\n"
    members = {
        "__main__.py": _MAIN,
        "liveconnect.json": address,
        "liveconnect_ca.pem": ca_pem,
    }
    buffer = io.BytesIO()
    buffer.write(_SHEBANG)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        for name, text in members.items():
            member = zipfile.ZipInfo(name, _LONG_AGO)
            member.create_system = _UNIX
            member.external_attr = 0o644 << 16
            archive.writestr(member, text.encode())
    return buffer.getvalue()


def write_installer(folder: Path, *, token: str, mcs_url: str, ca_pem: str) -> Path:
    """Write the installer into a folder and return its path.

    Raises:
        TokenMalformedError: If the token is none.
        OSError: If the disk refuses; an installer of before is untouched then.
    """
    path = folder / installer_name(token)
    write_atomic(path, installer_bytes(mcs_url=mcs_url, ca_pem=ca_pem), mode=MODE)
    return path
