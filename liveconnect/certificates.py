"""The certificates of both listeners, and the rotation of the CA, without closing a socket.

- The server's certificate is looked at once a day and made anew before its end, or when the CA
  signs with another key; the next handshake shows it.
- Each step of a rotation is told to the endpoints by their MCS policy, and to UTMs that ask. A
  step waits until who has to know knows: the switch until no endpoint lacks the new certificate,
  the end until no UTM shows one of the old CA.
- A step may be taken at any worker: `take_over` is called at all of them (`sharing.py`).

Provenance: ours.
"""

import asyncio
import ssl
from datetime import datetime
from typing import Any, ClassVar, Final

from foundation.checkpoints import Checkpoints
from foundation.errors import DomainError
from foundation.net.control import Verb
from foundation.net.rotating import RotatingContext
from foundation.net.tls import server_context
from foundation.operations_log import OperationsLog
from foundation.protocol.names import MCS
from foundation.service import Now
from liveconnect.ca_phase import RotationPhase, phase_in, publish
from liveconnect.ca_steps import FINISH, PREPARE, check_order, check_step, take_step
from liveconnect.config import LiveConnectConfig
from liveconnect.key_files import Changes, Files, difference, read_files, write_changes
from liveconnect.pki import CertificateAuthority
from liveconnect.sharing import Sharing

LOOK_EVERY_S: Final = 86_400.0


class RotationTooEarlyError(DomainError):
    """Somebody would lose contact by this step."""

    code: ClassVar[str] = "rotation_too_early"
    hint: ClassVar[str] = "Wait until they were in touch, remove them, or insist with `force`."


class Certificates:
    """The TLS side of one LiveConnect; `open` comes before everything else."""

    def __init__(
        self,
        config: LiveConnectConfig,
        *,
        sharing: Sharing,
        checkpoints: Checkpoints,
        log: OperationsLog,
        now: Now,
    ) -> None:
        self._config = config
        self._sharing = sharing
        self._checkpoints = checkpoints
        self._log = log
        self._now = now
        self._authority: CertificateAuthority | None = None
        self._taken: Files = {}
        self._shown = b""
        self._mcs: RotatingContext | None = None
        self._link: RotatingContext | None = None
        self._rotating = asyncio.Lock()

    def open(self, authority: CertificateAuthority) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        """Return what the MCS listener and the link listener are opened with."""
        self._authority = authority
        self._publish()
        mcs, link = self._contexts()
        self._mcs, self._link = RotatingContext(mcs), RotatingContext(link)
        self._taken = read_files(self._config.pki_folder)
        return mcs, link

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

    async def take_over(self, files: Files) -> None:
        """Use these keys from now on; connections that are open go on.

        Compared with those that were taken over to the end: what failed halfway is done again.

        Raises:
            OSError: If a file cannot be written or read.
        """
        if not difference(self._taken, files):
            return
        folder = self._config.pki_folder
        changes = difference(read_files(folder), files)
        self._checkpoints.reach("liveconnect.before_keys_taken")
        await asyncio.get_running_loop().run_in_executor(None, write_changes, folder, changes)
        authority = self._opened()
        authority.load()
        self._publish()
        self.renew()
        self._taken = dict(files)
        self._log.record("keys_taken", phase=authority.phase.value)

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
        """Tell how far a rotation is, and who does not know of it yet.

        Raises:
            StoreUnavailableError: If what another worker changed cannot be seen.
        """
        if self._sharing.currency is not None:
            # Who shows the old CA's work is told by the signer, which another worker may have
            # changed just now.
            await self._sharing.currency.look_again()
        authority = self._opened()
        return {
            "phase": phase_in(self._taken).value,
            "expires_at": authority.expires_at.isoformat(),
            "endpoints_behind": await self._endpoints_behind(),
            "utms_behind": await self._sharing.store.certified_by_others(
                authority.signer, authority.signing_since
            ),
        }

    async def rotate(self, step: str, *, force: bool = False) -> dict[str, Any]:
        """Do one step of a rotation: prepare, switch or finish.

        Raises:
            RotationStepUnknownError: If there is no such step.
            RotationOutOfStepError: If it is not the next step.
            RotationTooEarlyError: If somebody would lose contact.
        """
        check_step(step)
        # Who is behind is asked, and the step taken, with no other step in between.
        async with self._rotating:
            if not force and step != PREPARE:
                await self._check(step)
            await self._take_step(step, self._now())
        self._log.record("ca_rotated", step=step)
        return await self.status()

    async def _take_step(self, step: str, at: datetime) -> None:

        def change(files: Files) -> Changes:
            changes = take_step(step, files, at)
            self._checkpoints.reach("liveconnect.before_rotation_commit")
            return changes

        await self._sharing.change_keys(self._config.pki_folder, change, self.take_over, at)

    async def _check(self, step: str) -> None:
        status = await self.status()
        # Asked before its time, nobody is behind; another worker may make it the time meanwhile.
        check_order(step, RotationPhase(status["phase"]))
        behind = status["endpoints_behind"]
        if step == FINISH:
            behind = [*behind, *status["utms_behind"]]
        if behind:
            raise RotationTooEarlyError(f"{len(behind)} did not take the last step: {behind[:5]}")

    async def _endpoints_behind(self) -> list[str]:
        """Return the endpoints whose MCS policy, with its certificates, is not in force."""
        behind = []
        for utm in await self._sharing.store.tenants():
            for endpoint in await self._sharing.store.endpoints(utm.tenant):
                if endpoint.removed_at is None and not utm.removed_at:
                    told = await self._sharing.store.compliance(endpoint.endpoint_id)
                    if not all(one["compliant"] for one in told if one["app_id"] == MCS):
                        behind.append(endpoint.endpoint_id)
        return behind

    def _publish(self) -> None:
        """Let whoever looks at the data folder find what it found with one LiveConnect alone."""
        if self._config.worker:
            publish(self._config.public_pki_folder, read_files(self._config.pki_folder))

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
