"""How often a wrong password may be tried: a state machine without clock or network.

- Every attempt counts before its password is looked at, and is forgiven once it proved right: many
  at the same moment cannot slip through together.
- Counted per user at an address, per address, and per user from anywhere. Attempts of a user whom
  nobody has count like any other.
- Old attempts fall out of the window; what is kept is bounded, the oldest goes first.

Provenance: ours.
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Final

from foundation.errors import DomainError

WINDOW: Final = timedelta(minutes=5)
PER_USER_AND_ADDRESS: Final = 5
PER_ADDRESS: Final = 20
PER_USER: Final = 50
_MOST_KEYS: Final = 10_000

_Key = tuple[str, str]


class TooManyLoginsError(DomainError):
    """Too many wrong passwords came in a short time; nothing was compared."""

    code: ClassVar[str] = "too_many_logins"
    hint: ClassVar[str] = "Wait as long as it says, then log in with the right password."

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many failed logins; the next is looked at in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class LoginGuard:
    """Counts failed logins."""

    def __init__(self) -> None:
        self._failures: dict[_Key, deque[datetime]] = {}

    def attempt(self, user: str, address: str, at: datetime) -> None:
        """Count an attempt that is about to be judged.

        Raises:
            TooManyLoginsError: If one limit is reached; the attempt is not to be judged then.
        """
        limits = dict(_limits(user, address))
        waits = [self._wait(key, most, at) for key, most in limits.items()]
        longest = max(waits)
        if longest > timedelta():
            raise TooManyLoginsError(int(longest.total_seconds()) + 1)
        for key in limits:
            times = self._failures.pop(key, deque())
            times.append(at)
            self._failures[key] = times  # newest last, so that the oldest key goes first
        while len(self._failures) > _MOST_KEYS:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, user: str, address: str) -> None:
        """Forgive what a right password forgives: this user's attempts from this address."""
        own = next(_limits(user, address))[0]
        forgiven = len(self._failures.pop(own, ()))
        for key, _ in _limits(user, address):
            times = self._failures.get(key)
            if times is None:
                continue
            for _each in range(min(forgiven, len(times))):
                times.pop()
            if not times:
                del self._failures[key]

    def _wait(self, key: _Key, most: int, at: datetime) -> timedelta:
        times = self._failures.get(key)
        if times is None:
            return timedelta()
        # A clock that was set back makes failures look like the future's: they count until then.
        while times and times[0] <= at - WINDOW:
            times.popleft()
        if not times:
            del self._failures[key]
        return times[-most] + WINDOW - at if len(times) >= most else timedelta()


def _limits(user: str, address: str) -> Iterator[tuple[_Key, int]]:
    yield (user, address), PER_USER_AND_ADDRESS
    yield ("", address), PER_ADDRESS
    yield (user, ""), PER_USER
