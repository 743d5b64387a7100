"""The accounts of administrators, and their passwords as they are stored.

- Three accounts are made at first start: `admin`, `auditor` who may only look, and `token`, the
  user name with which an API token comes as the password (documented).
- A password is stored as scrypt with a salt of its own and compared in constant time.

Provenance: the user names admin and token are public; the auditor's is ours.
"""

import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

_LETTERS: Final = string.ascii_letters + string.digits
_PASSWORD_LENGTH: Final = 24
_TOKEN_LENGTH: Final = 32
_SALT_BYTES: Final = 16
_COST: Final = 1 << 14
_BLOCK: Final = 8


class Role(StrEnum):
    """What an administrator may do."""

    ADMIN = "admin"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Administrator:
    """Somebody who proved who they are."""

    name: str
    role: Role

    @property
    def may_change(self) -> bool:
        """Whether they may change anything."""
        return self.role is Role.ADMIN


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is stored; `salt` and `digest` are hex."""

    name: str
    role: Role
    salt: str
    digest: str

    @classmethod
    def of(cls, name: str, role: Role, password: str) -> "Account":
        """Return the account of a new password."""
        salt = secrets.token_bytes(_SALT_BYTES)
        return cls(name, role, salt.hex(), _digest(password, salt).hex())

    @classmethod
    def from_document(cls, raw: dict[str, Any]) -> "Account":
        """Read what `document` wrote."""
        return cls(raw["name"], Role(raw["role"]), raw["salt"], raw["digest"])

    def document(self) -> dict[str, str]:
        """Return the account as JSON values."""
        return {
            "name": self.name,
            "role": self.role.value,
            "salt": self.salt,
            "digest": self.digest,
        }

    def has(self, password: str) -> bool:
        """Whether the password is the account's; takes as long for every wrong one."""
        given = _digest(password, bytes.fromhex(self.salt))
        return hmac.compare_digest(given, bytes.fromhex(self.digest))


def new_secrets() -> dict[str, str]:
    """Return a fresh password for each account of a new appliance, by user name."""
    lengths = {"admin": _PASSWORD_LENGTH, "auditor": _PASSWORD_LENGTH, "token": _TOKEN_LENGTH}
    return {
        name: "".join(secrets.choice(_LETTERS) for _ in range(length))
        for name, length in lengths.items()
    }


def role_of(name: str) -> Role:
    """Return the role of an account of a new appliance."""
    return Role.AUDITOR if name == "auditor" else Role.ADMIN


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"), salt=salt, n=_COST, r=_BLOCK, p=1, dklen=32
    )
