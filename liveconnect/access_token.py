"""The access token of an endpoint: a JWT for the calls that carry `Bearer`.

- Signed with HS256 by a key made at first start; `exp` is checked against the injected time.
- `device_id` in it equals `deviceId` in the endpoint's MCS policy: clients ask for a new token
  after every poll when the two differ (documented client behaviour).
- A migration token is signed by the same key; its role keeps the two kinds apart.
- An expired token is refused without the register realm: asking for a new one is the cure.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jwt

from foundation.durable.files import write_secret
from foundation.protocol.reasons import Reason
from foundation.redact import Secret
from foundation.service import Now
from liveconnect.refusals import CredentialsRefusedError

ALGORITHM = "HS256"
LIFE_S = 86_400
ROLE = "endpoint"
MIGRATION = "migration"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whom an access token speaks for."""

    endpoint_id: str
    device_id: str
    tenant_id: str


class AccessTokens:
    """Issues and reads the access tokens of one LiveConnect."""

    def __init__(self, key: Secret, *, now: Now, life_s: int = LIFE_S) -> None:
        self._key = key
        self._now = now
        self._latest = now()
        self.life_s = life_s

    @classmethod
    def load(cls, path: Path, *, now: Now) -> "AccessTokens":
        """Read the signing key, making it at first start."""
        if not path.exists():
            write_secret(path, secrets.token_hex(KEY_BYTES).encode())
        return cls(Secret(path.read_text()), now=now)

    def issue(self, bearer: Bearer) -> str:
        """Return a token for `bearer`, valid from now on."""
        # Counted from the same moment that `read` compares with: after a clock that was ahead is
        # set right, a token would otherwise be stale when it is issued, until a restart.
        issued = int(self._moment().timestamp())
        claims = {
            "sub": bearer.endpoint_id,
            "device_id": bearer.device_id,
            "tenant_id": bearer.tenant_id,
            "role": ROLE,
            "iat": issued,
            "exp": issued + self.life_s,
        }
        return jwt.encode(claims, self._key.reveal(), algorithm=ALGORITHM)

    def issue_migration(self, tenant: str) -> str:
        """Return a token that moves endpoints of another LiveConnect to this UTM."""
        issued = int(self._moment().timestamp())
        claims = {
            "sub": tenant,
            "role": MIGRATION,
            "iat": issued,
            "exp": issued + self.life_s,
        }
        return jwt.encode(claims, self._key.reveal(), algorithm=ALGORITHM)

    def read_migration(self, token: str) -> str:
        """Return the UTM that a migration token opens.

        Raises:
            CredentialsRefusedError: If it is not ours, no migration token, or its time is over.
        """
        claims = self._claims(token)
        if claims.get("role") != MIGRATION:
            raise CredentialsRefusedError(Reason.JWT_INVALID, "this is no migration token")
        return str(claims["sub"])

    def read(self, token: str) -> Bearer:
        """Return whom `token` speaks for.

        Raises:
            CredentialsRefusedError: If it is not ours or its time is over.
        """
        claims = self._claims(token)
        if claims.get("role") != ROLE:
            raise CredentialsRefusedError(Reason.JWT_INVALID, "this is no access token")
        return Bearer(
            endpoint_id=str(claims["sub"]),
            device_id=str(claims.get("device_id")),
            tenant_id=str(claims.get("tenant_id")),
        )

    def _claims(self, token: str) -> dict[str, Any]:
        # PyJWT would compare with the wall clock; the injected one decides below.
        options: Any = {"verify_exp": False, "verify_iat": False, "require": ["exp", "sub"]}
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._key.reveal(), algorithms=[ALGORITHM], options=options
            )
            expires = datetime.fromtimestamp(int(claims["exp"]), self._now().tzinfo)
        except (jwt.PyJWTError, KeyError, ValueError, OverflowError) as error:
            raise CredentialsRefusedError(
                Reason.JWT_INVALID, f"the access token was not issued here: {error}"
            ) from error
        if self._moment() >= expires:
            raise CredentialsRefusedError(Reason.JWT_STALE, "the access token has expired")
        return claims

    def _moment(self) -> datetime:
        """Return the latest present seen: a clock that goes back revives no expired token."""
        self._latest = max(self._latest, self._now())
        return self._latest
