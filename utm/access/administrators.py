"""The administrators of an appliance: made at first start, checked at every login.

- `passwords.json` (0600) keeps the first passwords and the API token for `utmlab env --secrets`;
  what a login is compared with are the digests in `administrators.json` (0600).
- Digests are slow on purpose; a right password is remembered for this process, keyed by a random
  key, so that a REST client pays for it once. One is computed at a time, off the loop.
- Every login and every refusal is a line of confd.log; a password never is, also not one that was
  typed as the user name: of a name that nobody has, the first letter is told.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import ClassVar, Final

from foundation.durable.files import write_secret
from foundation.durable.writer import Writer
from foundation.errors import DomainError
from foundation.service import Now
from utm.access.accounts import Account, Administrator, new_secrets, role_of
from utm.access.callers import Caller, Facility
from utm.access.login_guard import LoginGuard, TooManyLoginsError
from utm.confd_log import ConfdLog

_ACCOUNTS: Final = "administrators.json"
_SECRETS: Final = "passwords.json"
_NOBODY: Final = Account("", role_of(""), "00" * 16, "00" * 32)
_MOST_REMEMBERED: Final = 100
_MOST_LETTERS: Final = 256


class LoginRefusedError(DomainError):
    """User name and password do not belong together."""

    code: ClassVar[str] = "login_refused"
    hint: ClassVar[str] = "`utmlab env --secrets` prints the password and the API token."


def stored_secrets(folder: Path) -> dict[str, str]:
    """Return the first passwords by user name; none before the first start."""
    file = folder / _SECRETS
    if not file.exists():
        return {}
    passwords: dict[str, str] = json.loads(file.read_text())
    return passwords


class Administrators:
    """The accounts of one appliance.

    Args:
        folder: Where they are stored.
        writer: The open writer of the UTM's database.
        log: Speaks in confd.log.
        now: The clock.
    """

    def __init__(self, folder: Path, *, writer: Writer, log: ConfdLog, now: Now) -> None:
        self._folder = folder
        self._writer = writer
        self._log = log
        self._now = now
        self._accounts: dict[str, Account] = {}
        self._guard = LoginGuard()
        self._one_at_a_time = asyncio.Lock()
        self._memory_key = secrets.token_bytes(32)
        self._remembered: dict[bytes, Administrator] = {}

    async def load(self) -> None:
        """Read the accounts; make them, with random passwords, when there are none."""
        loop = asyncio.get_running_loop()
        if not (self._folder / _ACCOUNTS).exists():
            await loop.run_in_executor(None, _make_accounts, self._folder)
        stored = json.loads((self._folder / _ACCOUNTS).read_text())["accounts"]
        accounts = [Account.from_document(raw) for raw in stored]
        self._accounts = {account.name: account for account in accounts}
        self._remembered.clear()

    async def check(
        self, user: str, password: str, *, srcip: str, facility: Facility = "webadmin"
    ) -> Administrator:
        """Return who this is.

        Args:
            user: As typed.
            password: As typed; for user `token`, the API token.
            srcip: Where the request comes from.
            facility: The way in.

        Raises:
            LoginRefusedError: If they do not belong together.
            TooManyLoginsError: If too many wrong ones came before.
        """
        async with self._one_at_a_time:
            try:
                self._guard.attempt(user, srcip, self._now())
                known = await self._compared(user, password)
            except (LoginRefusedError, TooManyLoginsError) as error:
                await self._say_refused(user, srcip, facility, error)
                raise
            self._guard.succeeded(user, srcip)
            return known

    async def begin(
        self, administrator: Administrator, *, srcip: str, facility: Facility
    ) -> Caller:
        """Begin a session, with its line in confd.log (3106)."""
        caller = Caller(user=administrator.name, srcip=srcip, facility=facility)
        at = self._now()
        await self._writer.write(lambda db: self._log.authenticated(db, at, caller))
        self._log.ring()
        return caller

    async def end(self, caller: Caller) -> None:
        """End a session, with its line in confd.log (3100)."""
        at = self._now()
        await self._writer.write(lambda db: self._log.session_closed(db, at, caller))
        self._log.ring()

    async def _compared(self, user: str, password: str) -> Administrator:
        account = self._accounts.get(user, _NOBODY)
        mark = self._mark(account, password)
        known = self._remembered.get(mark)
        if known is not None:
            return known
        loop = asyncio.get_running_loop()
        is_right = len(password) <= _MOST_LETTERS and await loop.run_in_executor(
            None, account.has, password
        )
        if not is_right:
            raise LoginRefusedError("user name or password is wrong")
        known = Administrator(account.name, account.role)
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[mark] = known
        return known

    def _mark(self, account: Account, password: str) -> bytes:
        words = f"{account.digest}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.new(self._memory_key, words, hashlib.sha256).digest()

    async def _say_refused(
        self, user: str, srcip: str, facility: Facility, error: DomainError
    ) -> None:
        at = self._now()
        told = user if user in self._accounts else _masked(user)
        caller = Caller(user=told, srcip=srcip, facility=facility, sid="")
        await self._writer.write(lambda db: self._log.refused(db, at, caller, error.code))
        self._log.ring()


def _masked(text: str) -> str:
    return f"{text[0]}***" if text else ""


def _make_accounts(folder: Path) -> None:
    passwords = stored_secrets(folder) or new_secrets()
    # The passwords first: digests of passwords that nobody knows would lock everybody out.
    write_secret(folder / _SECRETS, json.dumps(passwords, indent=1).encode())
    accounts = [Account.of(name, role_of(name), each) for name, each in passwords.items()]
    content = {"version": 1, "accounts": [account.document() for account in accounts]}
    write_secret(folder / _ACCOUNTS, json.dumps(content, indent=1).encode())
