"""Becoming an endpoint of LiveConnect, and becoming it again.

* The first time id and password are empty; later the old ones are shown with the token.
* What belongs to another identity is put away before the new one is written down, so that no
  crash leaves commands or statuses of one endpoint with the other.
* The new identity is on disk before anything is done with it.
* A first registration is one attempt until its answer is on disk: when the answer was lost, the
  next try names the same attempt, and LiveConnect does not enrol a second endpoint.

Provenance: mcs-protocol.md 1.2, 1.3, 1.6 (public); the attempt is ours.
"""

from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.identity import Identity, load_identity, store_identity
from endpoint.logs import EndpointLog
from endpoint.mcs_client.attempt import current_attempt, forget_attempt
from endpoint.mcs_client.calls import McsCalls
from endpoint.mcs_client.computer import Computer, describe
from endpoint.mcs_client.errors import RegistrationRefusedError
from endpoint.mcs_client.queue import CommandQueue
from endpoint.mcs_client.settings import SettingsSource
from endpoint.mcs_client.status_cache import StatusCache
from foundation.checkpoints import Checkpoints
from foundation.protocol.authorization import (
    RegistrationCredentials,
    decode_registration_answer,
)
from foundation.redact import Secret
from foundation.service import Now


class Registration:
    """Registers one host."""

    def __init__(
        self,
        host: HostFolder,
        calls: McsCalls,
        *,
        settings: SettingsSource,
        queue: CommandQueue,
        handover: Handover,
        cache: StatusCache,
        computer: Computer,
        log: EndpointLog,
        now: Now,
        checkpoints: Checkpoints,
    ) -> None:
        self._host = host
        self._calls = calls
        self._settings = settings
        self._queue = queue
        self._handover = handover
        self._cache = cache
        self._computer = computer
        self._log = log
        self._now = now
        self._checkpoints = checkpoints

    async def register(self, token: str) -> Identity:
        """Register with a token and store the identity.

        Raises:
            RegistrationRefusedError: The server does not accept the token or the old identity.
            LiveConnectUnreachableError: There was no usable answer.
            McsCallFailedError: The server is in trouble.
            RegistrationAnswerMalformedError: The answer is not that of an MCS server.
        """
        old = load_identity(self._host)
        credentials = RegistrationCredentials(
            old.endpoint_id if old else "", old.password if old else Secret(""), token
        )
        settings = self._settings.current()
        status = describe(
            self._computer,
            self._now(),
            device_id=settings.device_id,
            tenant_id=settings.tenant_id,
        )
        attempt = "" if old else current_attempt(self._host)
        try:
            answer = await self._calls.register(credentials, status.encode(), attempt=attempt)
        except RegistrationRefusedError:
            forget_attempt(self._host)
            raise
        self._checkpoints.reach("client.before_identity")
        given = decode_registration_answer(answer)
        identity = Identity(given.endpoint_id, given.password)
        if old is None or old.endpoint_id != identity.endpoint_id:
            self._queue.clear()
            self._handover.forget_actions()
        self._cache.send_again()
        store_identity(self._host, identity)
        forget_attempt(self._host)
        self._checkpoints.reach("client.after_identity")
        word = "Registered" if old is None else "Registered again"
        self._log.information("Registration", f"{word} as {identity.endpoint_id}")
        return identity
