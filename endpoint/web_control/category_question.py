"""Asks LiveConnect about sites, over a connection of Web Control's own.

- Address, CA and credentials are found in the host folder, as the MCS Client finds them; nothing
  is written there. Without credentials nobody is asked.
- Exactly one CA is trusted; no proxy, no redirect; answers are bounded.

Provenance: ours.
"""

import ssl
from collections.abc import Sequence
from typing import ClassVar, Final

import aiohttp

from endpoint.host import HostFolder
from endpoint.identity import CredentialsDamagedError, Identity, load_identity
from endpoint.logs import EndpointLog
from endpoint.mcs_client.options import McsClientOptions
from endpoint.mcs_client.settings import SettingsSource
from foundation.categories.lookup_document import (
    Answer,
    LookupDocumentError,
    decode_answers,
    encode_question,
    lookup_path,
)
from foundation.errors import DomainError
from foundation.net.tls import client_context
from foundation.protocol.authorization import EndpointCredentials, encode_basic
from foundation.service import Now

_TIMEOUT_S: Final = 10.0
_MOST_BYTES: Final = 1_000_000


class NobodyAnswersError(DomainError):
    """LiveConnect did not answer a question about sites."""

    code: ClassVar[str] = "category_lookup_unanswered"
    hint: ClassVar[str] = "Unknown sites count as uncategorized until it does."


class CategoryQuestion:
    """The connection to LiveConnect's look-up.

    Args:
        host: The machine.
        log: Web Control's own log.
        now: The time that certificates are checked against.
    """

    def __init__(self, host: HostFolder, *, log: EndpointLog, now: Now) -> None:
        self._host = host
        self._settings = SettingsSource(host, McsClientOptions(), log)
        self._now = now
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, hosts: Sequence[str]) -> dict[str, Answer]:
        """Ask about hosts.

        Raises:
            NobodyAnswersError: There is nobody to ask, or no answer that can be read.
        """
        identity, settings = self._identity(), self._settings.current()
        servers = [
            url.rstrip("/")
            for url in (*settings.policy_servers, *settings.configured_servers)
            if url.lower().startswith("https://")
        ]
        if identity is None or not servers:
            raise NobodyAnswersError("this computer is not registered")
        credentials = EndpointCredentials(identity.endpoint_id, identity.password)
        try:
            return await self._post(
                servers[0] + lookup_path(identity.endpoint_id),
                encode_basic(credentials),
                encode_question(hosts),
            )
        except (aiohttp.ClientError, OSError, ssl.SSLError, LookupDocumentError) as error:
            await self.close()
            raise NobodyAnswersError(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        """Close the connection; the next question opens another."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _post(self, url: str, authorization: str, body: bytes) -> dict[str, Answer]:
        session = self._open()
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            if answer.status != 200:
                raise NobodyAnswersError(f"LiveConnect answered {answer.status}")
            content = bytearray()
            async for chunk in answer.content.iter_any():
                content += chunk
                if len(content) > _MOST_BYTES:
                    raise NobodyAnswersError(f"the answer is over {_MOST_BYTES} bytes")
            return decode_answers(bytes(content))

    def _identity(self) -> Identity | None:
        try:
            return load_identity(self._host)
        except (CredentialsDamagedError, OSError) as error:
            raise NobodyAnswersError(str(error)) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            context = client_context(ca=self._settings.current().ca, now=self._now)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=1, ssl=context),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
                trust_env=False,
            )
        return self._session
