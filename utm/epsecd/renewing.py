"""Keeping the UTM's certificate and its trust fresh, before either ends.

- Once an hour LiveConnect is asked whom to trust; what it says is kept for the link and for the
  installers that are made from then on.
- A new certificate is asked for, with the same key, when the end of the old one is near, or when
  LiveConnect's CA signs with another key than that of the old one.
- The connections that are open go on; the next ones show the new certificate.
- A certificate that has ended (the UTM was off, or its clock was set) opens no link any more: then
  the UTM registers again, which needs none and finds the same UTM by its key.
- A renewal that is interrupted leaves the old chain, which LiveConnect still accepts.

Provenance: ours.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from foundation.durable.files import write_secret
from foundation.errors import DomainError
from foundation.operations_log import OperationsLog
from foundation.service import Now
from utm.epsecd.registration import LinkCredentials
from utm.link_client import LinkClient

LOOK_EVERY_S: Final = 3600.0
RENEW_BEFORE: Final = timedelta(days=60)


class Renewing:
    """Looks after the certificate of one UTM.

    Args:
        link: The link that shows it.
        credentials: Its files.
        request: Makes the CSR, with the UTM's one key.
        operations: The log of what this UTM did.
        on_renewed: Told the serial number of a new certificate.
        on_ended: Called when only registering again helps.
        now: The clock.
    """

    def __init__(
        self,
        link: LinkClient,
        credentials: LinkCredentials,
        *,
        request: Callable[[], str],
        operations: OperationsLog,
        on_renewed: Callable[[str], Awaitable[None]],
        on_ended: Callable[[], None],
        now: Now,
    ) -> None:
        self._link = link
        self._credentials = credentials
        self._request = request
        self._operations = operations
        self._on_renewed = on_renewed
        self._on_ended = on_ended
        self._now = now
        self._looking = asyncio.Lock()

    async def run(self) -> None:
        """Look until cancelled; a link that is down is asked again an hour later."""
        while True:
            try:
                await self.look()
            except (DomainError, OSError, sqlite3.Error) as error:
                self._operations.record("renewal_failed", sentence=error)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Look once; one at a time, so that one end makes one new certificate.

        Raises:
            LinkDownError: If LiveConnect cannot be reached.
            LinkRefusedError: If it refuses.
        """
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        credentials = self._credentials
        if self._now() >= credentials.ends_at():
            self._on_ended()
            return
        ca_pem, signer = await self._link.trusted_ca()
        if credentials.mcs_ca.read_text() != ca_pem:
            write_secret(credentials.mcs_ca, ca_pem.encode())
            self._link.trust(credentials.mcs_ca)
            self._operations.record("ca_changed")
        if signer != credentials.signer() or is_near(credentials.ends_at(), self._now()):
            chain = await self._link.renew(self._request())
            write_secret(credentials.certificate, chain.encode())
            await self._link.show(credentials.certificate, credentials.key)
            self._operations.record("certificate_renewed", serial=credentials.serial())
            await self._on_renewed(credentials.serial())


def is_near(ends: datetime, now: datetime) -> bool:
    """Whether the end of a certificate is near enough for a new one."""
    return now >= ends - RENEW_BEFORE
