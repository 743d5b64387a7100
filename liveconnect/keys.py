"""The keys of one LiveConnect: made at first start, kept in its PKI folder.

- The CA's key, the key that access tokens are signed with, the enrolment secret of far UTMs.
- Every file is its owner's alone.
"""

import secrets
from pathlib import Path

from foundation.durable.files import write_secret
from foundation.redact import Secret
from foundation.service import Now
from liveconnect.access_token import AccessTokens
from liveconnect.pki import CertificateAuthority

SECRET_BYTES = 24


class Keys:
    """The keys in one folder.

    Args:
        folder: The PKI folder.
        now: The present, for what has a beginning and an end.
    """

    def __init__(self, folder: Path, *, now: Now) -> None:
        self._folder = folder
        self._now = now

    def make(self) -> None:
        """Make whatever is missing."""
        self.authority()
        self.access_tokens()
        self.enrolment_secret()

    def authority(self) -> CertificateAuthority:
        """Return the CA."""
        return CertificateAuthority(self._folder, now=self._now)

    def access_tokens(self) -> AccessTokens:
        """Return what issues and reads access tokens."""
        return AccessTokens.load(self._folder / "jwt.key", now=self._now)

    def enrolment_secret(self) -> Secret:
        """Return what a UTM on another machine has to show when it registers."""
        path = self._folder / "enrolment.secret"
        if not path.exists():
            write_secret(path, secrets.token_urlsafe(SECRET_BYTES).encode())
        return Secret(path.read_text())
