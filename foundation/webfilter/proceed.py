"""Going on past a warning: one-time tokens, and the memory of who went on where.

- A token is bound to a computer, user, host and the URL to return to, is good once, and expires.
- Going on is remembered per computer, user and host for the proceed timeout (documented:
  `http.proceed_cache_timeout`; 30 minutes elsewhere in the family), measured from the click.
- Time only moves forward here: a clock that is set back never revives what has expired.
- Bounded: the oldest tokens and memories are dropped past a limit.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.errors import DomainError
from foundation.service import Now

_MOST_ENTRIES = 10_000
_TOKEN_LIFE = timedelta(hours=1)


class ProceedRefusedError(DomainError):
    """The token is unknown, used, expired, or someone else's."""

    code = "proceed_refused"
    hint = "Open the page again and use the button of the new warning."


@dataclass(frozen=True, slots=True)
class _Ticket:
    computer: str
    user: str
    host: str
    url: str
    expires: datetime


def random_token() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


class ProceedMemory:
    """Tokens of warning pages that are open, and where users went on; a computer is its address."""

    def __init__(
        self,
        *,
        now: Now,
        timeout_s: Callable[[], float],
        token_source: Callable[[], str] = random_token,
    ) -> None:
        self._now, self._timeout_s, self._token_source = now, timeout_s, token_source
        self._tickets: dict[str, _Ticket] = {}
        self._gone_on: dict[tuple[str, str, str], datetime] = {}
        self._latest: datetime | None = None

    def issue(self, *, computer: str, user: str, host: str, url: str) -> str:
        """Return a token for one warning page."""
        token = self._token_source()
        self._tickets[token] = _Ticket(computer, user, host, url, self._moment() + _TOKEN_LIFE)
        while len(self._tickets) > _MOST_ENTRIES:
            del self._tickets[next(iter(self._tickets))]
        return token

    def peek(self, token: str, *, computer: str, user: str, host: str) -> str:
        """Return the URL that a token leads to, without using it.

        Raises:
            ProceedRefusedError: The token is not good for this computer, user and host.
        """
        ticket = self._tickets.get(token)
        if ticket is None or ticket.expires <= self._moment():
            raise ProceedRefusedError("this warning has expired")
        if (ticket.computer, ticket.user, ticket.host) != (computer, user, host):
            raise ProceedRefusedError("this warning belongs to another computer, user or site")
        return ticket.url

    def redeem(self, token: str, *, computer: str, user: str, host: str) -> str:
        """Use a token: remember that the user went on, and return the URL to go to.

        Raises:
            ProceedRefusedError: The token is not good for this computer, user and host.
        """
        url = self.peek(token, computer=computer, user=user, host=host)
        del self._tickets[token]
        self._gone_on.pop((computer, user, host), None)
        self._gone_on[computer, user, host] = self._moment()
        while len(self._gone_on) > _MOST_ENTRIES:
            del self._gone_on[next(iter(self._gone_on))]
        return url

    def is_remembered(self, *, computer: str, user: str, host: str) -> bool:
        """Tell whether the user went on to that host within the timeout."""
        since = self._gone_on.get((computer, user, host))
        if since is None:
            return False
        if self._moment() - since < timedelta(seconds=self._timeout_s()):
            return True
        del self._gone_on[computer, user, host]
        return False

    def _moment(self) -> datetime:
        present = self._now()
        if self._latest is None or present > self._latest:
            self._latest = present
        return self._latest
