"""The UTM's life with LiveConnect: it registers, opens the link, and keeps trying where it must.

- Registering: a CSR goes out; identity, certificate chain and token come back and are stored in
  one transaction, together with the changeset that they make possible.
- The chain may be on disk and the rest not (a kill in between): then it asks again, and the same
  key is the same UTM.
- At most one task tries again in the background; it ends when the link is open or Endpoint
  Protection is off. It begins again when LiveConnect or this UTM was restored from a backup.
"""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from typing import ClassVar

from sqlite_utils import Database

from foundation.checkpoints import Checkpoints
from foundation.durable.writer import Writer
from foundation.errors import DomainError
from foundation.operations_log import OperationsLog
from foundation.protocol.link import RegisterRequest, Registration
from foundation.service import Now, Service, Tasks
from utm.confd import transaction
from utm.config import UtmConfig
from utm.epsecd.compiling import prepare
from utm.epsecd.daemon import FIRST_PAUSE_S, LONGEST_PAUSE_S, Epsecd
from utm.epsecd.registration import LinkCredentials, store_registration, stored_registration
from utm.epsecd.renewing import Renewing
from utm.epsecd.voice import Voice
from utm.link_client import LinkClient


class EndpointProtectionOffError(DomainError):
    """What was asked for needs Endpoint Protection to be switched on."""

    code: ClassVar[str] = "endpoint_protection_off"
    hint: ClassVar[str] = "Switch it on first: `utmlab utm enable`."


class NotRegisteredError(DomainError):
    """What was asked for needs a registration with LiveConnect."""

    code: ClassVar[str] = "not_registered"
    hint: ClassVar[str] = "Register first: `utmlab utm register`."


class Registrar(Service):
    """The registration of one UTM and the link that it opens.

    Args:
        config: The UTM's settings.
        credentials: The files of key and certificate.
        writer: The open writer of the UTM's database.
        voice: Who writes the lines.
        operations: The log of what this UTM did.
        is_switched_on: Whether Endpoint Protection is on.
        on_lines: Called after each commit that enqueued lines.
        now: The clock.
        rng: Spreads pauses.
        checkpoints: Where a test may end the process.
    """

    def __init__(
        self,
        config: UtmConfig,
        credentials: LinkCredentials,
        *,
        writer: Writer,
        voice: Voice,
        operations: OperationsLog,
        is_switched_on: Callable[[], Awaitable[bool]],
        on_lines: Callable[[], None],
        now: Now,
        rng: random.Random,
        checkpoints: Checkpoints,
    ) -> None:
        self._config = config
        self._credentials = credentials
        self._writer = writer
        self._voice = voice
        self._operations = operations
        self._is_switched_on = is_switched_on
        self._on_lines = on_lines
        self._now = now
        self._rng = rng
        self._checkpoints = checkpoints
        self._epsecd: Epsecd | None = None
        self._renewing: Renewing | None = None
        self._looking: asyncio.Task[None] | None = None
        self._registering = asyncio.Lock()
        self._has_failed = False
        self._tasks = Tasks(operations.failed)
        self._trying: asyncio.Task[None] | None = None

    @property
    def has_link(self) -> bool:
        """Whether the UTM is registered and its link is in use."""
        return self._epsecd is not None

    async def start(self) -> None:
        """Take up the link where it was, or register if that is wanted and was not done."""
        if self._credentials.exist:
            at = self._now()
            await self._writer.write(lambda db: prepare(db, at))
            await self._open_link()
        elif await self._is_switched_on():
            self.keep_trying()

    async def stop(self) -> None:
        """End the trying and close the link."""
        await self._tasks.close()
        await self._close_link()

    async def register(self) -> Registration:
        """Register with LiveConnect, again if need be.

        Raises:
            EndpointProtectionOffError: If Endpoint Protection is off.
            LinkDownError: If LiveConnect cannot be reached.
            LinkRefusedError: If it refuses.
        """
        if not await self._is_switched_on():
            raise EndpointProtectionOffError("Endpoint Protection is off: not registering")
        async with self._registering:
            registration = await self._asked()
            self._credentials.store(registration)
            self._checkpoints.reach("utm.after_registration")
            await self._adopt(registration)
            await self._close_link()
            await self._open_link()
        return registration

    def keep_trying(self) -> None:
        """Register in the background, as often as it takes."""
        if self._trying is None or self._trying.done():
            self._trying = self._tasks.start(self._keep_registering(), name="registration")

    def wake(self) -> None:
        """Look for a changeset to push."""
        if self._epsecd is not None:
            self._epsecd.wake()

    async def renew(self) -> None:
        """Look after certificate and trust now.

        Raises:
            NotRegisteredError: If there is no registration yet.
        """
        if self._renewing is None:
            raise NotRegisteredError("this UTM is not registered with LiveConnect")
        await self._renewing.look()

    async def linked(self) -> LinkClient:
        """Return the registered link, for requests of an administrator.

        Raises:
            EndpointProtectionOffError: If Endpoint Protection is off.
            NotRegisteredError: If there is no registration yet.
        """
        if not await self._is_switched_on():
            raise EndpointProtectionOffError("Endpoint Protection is off")
        if self._epsecd is None:
            raise NotRegisteredError("this UTM is not registered with LiveConnect")
        return self._epsecd.link

    async def _asked(self) -> Registration:
        try:
            registration = await self._ask()
        except DomainError as error:
            if not self._has_failed:  # once per outage, however often it is tried
                self._has_failed = True
                self._operations.record("registration_failed", sentence=error)
                await self._say("registration_failed", {"reason": str(error)})
            raise
        self._has_failed = False
        return registration

    async def _say(self, slug: str, values: dict[str, str]) -> None:
        at = self._now()
        await self._writer.write(lambda db: self._voice.also(db, slug, at, values))
        self._on_lines()

    async def _renewed(self, serial: str) -> None:
        at, chain = self._now(), self._credentials.certificate.read_text()

        def commit(db: Database) -> None:
            with transaction(db, at=at, user="epsecd", summary="certificate renewed") as edit:
                edit.set_node("epp.certificate", chain)
            self._voice.also(db, "certificate_renewed", at, {"serial": serial})

        await self._writer.write(commit)
        self._on_lines()

    async def _ask(self) -> Registration:
        config = self._config
        csr = self._credentials.request(config.host_name, config.organization)
        link = LinkClient(config.liveconnect_url, ca=config.liveconnect_ca, now=self._now)
        if self._credentials.mcs_ca.exists():  # it may know of a rotation that the settings do not
            link.trust(self._credentials.mcs_ca)
        try:
            return await link.register(RegisterRequest(csr, config.organization, self._secret()))
        finally:
            await link.close()

    def _secret(self) -> str:
        path = self._config.enrolment_secret
        return "" if path is None else path.read_text().strip()

    async def _adopt(self, registration: Registration) -> None:
        at = self._now()

        def commit(db: Database) -> None:
            store_registration(db, registration, at.isoformat())
            with transaction(db, at=at, user="epsecd", summary="registered") as edit:
                edit.set_node("epp.registration_token", registration.registration_token)
                edit.set_node("epp.certificate", registration.certificate_chain_pem)
                edit.set_node("epp.status.broker", True)
            values = {"utm": registration.utm_id, "serial": self._credentials.serial()}
            self._voice.also(db, "registered", at, values)
            prepare(db, at)

        await self._writer.write(commit)
        self._operations.record("registered", utm=registration.utm_id, epoch=registration.epoch)
        self._on_lines()

    async def _keep_registering(self) -> None:
        pause = FIRST_PAUSE_S
        # Until there is another link than now: none yet, or one of an outdated registration.
        outdated = self._epsecd
        while self._epsecd is outdated and await self._is_switched_on():
            try:
                await self.register()
            except (DomainError, OSError, sqlite3.Error):
                await asyncio.sleep(pause * self._rng.uniform(0.5, 1.0))
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _open_link(self) -> None:
        if await self._writer.read(stored_registration) is None:
            # The chain was stored and the process ended before the rest was: ask again.
            self.keep_trying()
            return
        config = self._config
        link = LinkClient(
            config.liveconnect_url,
            ca=config.liveconnect_ca,
            now=self._now,
            certificate=self._credentials.certificate,
            key=self._credentials.key,
        )
        self._epsecd = Epsecd(
            writer=self._writer,
            link=link,
            voice=self._voice,
            operations=self._operations,
            on_lines=self._on_lines,
            on_outdated=self.keep_trying,
            now=self._now,
            rng=self._rng,
            checkpoints=self._checkpoints,
        )
        await self._epsecd.start()
        if self._credentials.mcs_ca.exists():
            link.trust(self._credentials.mcs_ca)
        self._renewing = Renewing(
            link,
            self._credentials,
            request=lambda: self._credentials.request(config.host_name, config.organization),
            operations=self._operations,
            on_renewed=self._renewed,
            on_ended=self.keep_trying,
            now=self._now,
        )
        self._looking = self._tasks.start(self._renewing.run(), name="certificate renewal")

    async def _close_link(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = self._renewing = None
        if self._epsecd is not None:
            await self._epsecd.stop()
            self._epsecd = None
