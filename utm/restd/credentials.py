"""User name and password of a request (HTTP Basic)."""

import base64

from utm.access import LoginRefusedError


def credentials(header: str) -> tuple[str, str]:
    """Return user name and password of an Authorization header.

    Raises:
        LoginRefusedError: If there are none, or they cannot be read.
    """
    scheme, _, encoded = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise LoginRefusedError("a user name and a password are needed")
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError as error:  # no base64, no ASCII, no UTF-8
        raise LoginRefusedError("user name and password cannot be read") from error
    user, _, password = text.partition(":")
    return user, password
