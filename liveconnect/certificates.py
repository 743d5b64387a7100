"""The certificates of both listeners, and the rotation of the CA, without closing a socket.

- The server's certificate is looked at once a day and made anew before its end, or when the CA
  signs with another key; the next handshake shows it.
- Each step of a rotation is told to the endpoints by their MCS policy, and to UTMs that ask. A
  step waits until who has to know knows: the switch until no endpoint lacks the new certificate,
  the end until no UTM shows one of the old CA.

Provenance: ours.
"""

import asyncio
import ssl
from typing import TYPE_CHECKING, Any, ClassVar, Final

from foundation.errors import DomainError
from foundation.net.control import Verb
from foundation.net.rotating import RotatingContext
from foundation.net.tls import server_context
from foundation.operations_log import OperationsLog
from foundation.protocol.names import MCS
from foundation.service import Now
from liveconnect.config import LiveConnectConfig
from liveconnect.pki import CertificateAuthority
from liveconnect.roster import Roster
from liveconnect.store.port import Store

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_EVERY_S: Final = 86_400.0


class RotationTooEarlyError(DomainError):
    """Somebody would lose contact by this step."""

    code: ClassVar[str] = "rotation_too_early"
    hint: ClassVar[str] = "Wait until they were in touch, remove them, or insist with `force`."


class RotationUnsupportedError(DomainError):
    """The CA of a LiveConnect whose keys lie in a database cannot be rotated."""

    code: ClassVar[str] = "rotation_unsupported"
    hint: ClassVar[str] = "Only a LiveConnect on its own SQLite file can do it."


class RotationStepUnknownError(DomainError):
    """There is no step of this name."""

    code: ClassVar[str] = "rotation_step_unknown"
    hint: ClassVar[str] = "The steps are prepare, switch and finish."


class Certificates:
    """The TLS side of one LiveConnect; `open` comes before everything else."""

    def __init__(
        self,
        config: LiveConnectConfig,
        *,
        store: Store,
        roster: Roster,
        log: OperationsLog,
        now: Now,
    ) -> None:
        self._config = config
        self._store = store
        self._roster = roster
        self._log = log
        self._now = now
        self._authority: CertificateAuthority | None = None
        self._shown = b""
        self._mcs: RotatingContext | None = None
        self._link: RotatingContext | None = None

    def open(self, authority: CertificateAuthority) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        """Return what the MCS listener and the link listener are opened with."""
        self._authority = authority
        mcs, link = self._contexts()
        self._mcs, self._link = RotatingContext(mcs), RotatingContext(link)
        return mcs, link

    def trusted_ca(self) -> str:
        """Return what MCS policies say of trust: nothing before the first rotation."""
        authority = self._authority
        return authority.ca_pem if authority is not None and authority.was_rotated else ""

    async def run(self) -> None:
        """Look at the server's certificate once a day, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.renew()

    def renew(self) -> None:
        """Show what `server_files` gives now from the next handshake on."""
        before = self._shown
        mcs, link = self._contexts()
        if self._mcs is not None and self._link is not None:
            self._mcs.replace(mcs)
            self._link.replace(link)
        if self._shown != before:
            self._log.record("server_certificate_renewed")

    def by_name(self) -> dict[str, Verb]:
        """Return the verbs of certificates under their names."""
        return {
            "ca": self.status,
            "ca_rotate": self.rotate,
            "certificate_renew": self.renew_now,
        }

    async def renew_now(self) -> dict[str, Any]:
        """Look at the server's certificate now, instead of once a day."""
        self.renew()
        return await self.status()

    async def status(self) -> dict[str, Any]:
        """Tell how far a rotation is, and who does not know of it yet."""
        authority = self._opened()
        return {
            "phase": authority.phase.value,
            "expires_at": authority.expires_at.isoformat(),
            "endpoints_behind": await self._endpoints_behind(),
            "utms_behind": await self._store.certificates_issued_before(authority.signing_since),
        }

    async def rotate(self, step: str, *, force: bool = False) -> dict[str, Any]:
        """Do one step of a rotation: prepare, switch or finish.

        Raises:
            RotationUnsupportedError: If workers share the keys in a database.
            RotationStepUnknownError: If there is no such step.
            RotationOutOfStepError: If it is not the next step.
            RotationTooEarlyError: If somebody would lose contact.
        """
        authority = self._opened()
        steps: dict[str, Callable[[], None]] = {
            "prepare": authority.prepare,
            "switch": authority.switch,
            "finish": authority.finish,
        }
        if self._config.database is not None:
            # A worker takes the CA from the database at each start: the old one would come back.
            raise RotationUnsupportedError("the keys of this LiveConnect lie in its database")
        if step not in steps:
            raise RotationStepUnknownError(f"there is no step {step!r}")
        if not force and step != "prepare":
            await self._check(step)
        steps[step]()
        self.renew()
        self._roster.apply(await self._store.refresh_mcs_policies(self._now()))
        self._log.record("ca_rotated", step=step)
        return await self.status()

    async def _check(self, step: str) -> None:
        status = await self.status()
        behind = status["endpoints_behind"]
        if step == "finish":
            behind = [*behind, *status["utms_behind"]]
        if behind:
            raise RotationTooEarlyError(f"{len(behind)} did not take the last step: {behind[:5]}")

    async def _endpoints_behind(self) -> list[str]:
        """Return the endpoints whose MCS policy, with its certificates, is not in force."""
        behind = []
        for utm in await self._store.tenants():
            for endpoint in await self._store.endpoints(utm.tenant):
                if endpoint.removed_at is None and not utm.removed_at:
                    told = await self._store.compliance(endpoint.endpoint_id)
                    if not all(one["compliant"] for one in told if one["app_id"] == MCS):
                        behind.append(endpoint.endpoint_id)
        return behind

    def _contexts(self) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        authority = self._opened()
        certificate, key = authority.server_files(self._config.public_name)
        self._shown = certificate.read_bytes()
        return (
            server_context(certificate=certificate, key=key, now=self._now),
            server_context(
                certificate=certificate, key=key, now=self._now, client_ca=authority.ca_file
            ),
        )

    def _opened(self) -> CertificateAuthority:
        if self._authority is None:
            raise RuntimeError("the certificates are used before they are opened")
        return self._authority
