"""The UTM's side of the link to LiveConnect: one method per request, no rules.

- Before registration there is no certificate and only `register` works; afterwards every
  request is mutual TLS.
- What goes wrong below HTTP is `LinkDownError`, and so is an answer that cannot be read: whoever
  answers there is not LiveConnect. What LiveConnect refuses is `LinkRefusedError` with
  LiveConnect's own code.
- Provenance: the link's wire format is ours (foundation.protocol.link).
"""

import asyncio
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import aiohttp

from foundation.errors import DomainError
from foundation.net.tls import client_context
from foundation.protocol import link
from foundation.service import Now

CONNECT_TIMEOUT_S = 10.0
REQUEST_TIMEOUT_S = 60.0


class LinkDownError(DomainError):
    """LiveConnect cannot be reached, or TLS with it fails."""

    code: ClassVar[str] = "link_down"
    hint: ClassVar[str] = "Start LiveConnect; what waits is sent as soon as the link is back."


class LinkRefusedError(DomainError):
    """LiveConnect answered and refused."""

    code: ClassVar[str] = "link_refused"

    def __init__(
        self, reason: str, sentence: str, *, status: int, missing: tuple[str, ...] = ()
    ) -> None:
        super().__init__(sentence or reason)
        self.missing = missing
        self.reason = reason
        self.status = status


class LinkClient:
    """Requests to the link listener of one LiveConnect."""

    def __init__(
        self,
        url: str,
        *,
        ca: Path,
        now: Now,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._context = client_context(ca=ca, now=now, certificate=certificate, key=key)
        self._session: aiohttp.ClientSession | None = None
        self._left: list[aiohttp.ClientSession] = []

    async def close(self) -> None:
        """Close the connections."""
        for session in (*self._left, *((self._session,) if self._session else ())):
            await session.close()
        self._left.clear()
        self._session = None

    async def register(self, request: link.RegisterRequest) -> link.Registration:
        """Send a CSR; receive id, certificate chain, token and epoch."""
        body = await self._request("POST", link.REGISTER_PATH, link.encode_document(request))
        with self._understanding():
            return link.decode_registration(body)

    async def latest_changeset(self) -> tuple[int, int]:
        """Return (epoch, number) of the newest changeset LiveConnect holds; (0, 0) for none."""
        answer = await self._request("GET", link.LATEST_CHANGESET_PATH)
        with self._understanding():
            content = json.loads(answer)
            return int(content["epoch"]), int(content["number"])

    async def push(self, epoch: int, number: int, document: bytes) -> None:
        """Send one changeset; returns when LiveConnect has committed it."""
        await self._request("PUT", f"{link.CHANGESETS_PATH}/{epoch}/{number}", document)

    async def put_part(self, digest: str, body: bytes) -> None:
        """Send one part of a changeset to come."""
        await self._request("PUT", f"{link.PARTS_PATH}/{digest}", body)

    async def take_reports(self, hold_s: float) -> tuple[link.Report, ...]:
        """Wait up to `hold_s` seconds for reports; return those not acknowledged yet."""
        path = f"{link.REPORTS_PATH}?hold={hold_s:g}"
        answer = await self._request("GET", path, timeout_s=hold_s + REQUEST_TIMEOUT_S)
        with self._understanding():
            return link.decode_reports(answer)

    async def acknowledge(self, numbers: tuple[int, ...]) -> None:
        """Say that these reports are stored here."""
        await self._send_json("POST", link.ACKNOWLEDGE_PATH, {"reports": list(numbers)})

    async def reset_token(self) -> str:
        """Have a new registration token made; the old one is revoked."""
        answer = await self._send_json("POST", link.TOKEN_RESET_PATH, {})
        with self._understanding():
            token = json.loads(answer)["registration_token"]
            if isinstance(token, str):
                return token
            raise TypeError("a token is text")

    async def trusted_ca(self) -> tuple[str, str]:
        """Return the certificates to trust, and the identifier of the key that signs."""
        answer = await self._request("GET", "/link/v1/ca")
        with self._understanding():
            content = json.loads(answer)
            return str(content["ca_pem"]), str(content["signer"])

    async def renew(self, csr_pem: str) -> str:
        """Have a new certificate made; return its chain."""
        answer = await self._send_json("POST", "/link/v1/certificate", {"csr_pem": csr_pem})
        with self._understanding():
            return str(json.loads(answer)["certificate_chain_pem"])

    def trust(self, ca: Path) -> None:
        """Trust these certificates too, from the next connection on."""
        self._context.load_verify_locations(ca)

    async def show(self, certificate: Path, key: Path) -> None:
        """Show another certificate, from the next connection on."""
        self._context.load_cert_chain(certificate, key)
        if self._session is not None:
            # What is under way on the old connections ends there.
            self._left.append(self._session)
            self._session = None

    async def remove_endpoint(self, endpoint_id: str) -> None:
        """Refuse this endpoint from now on."""
        await self._request("DELETE", f"{link.ENDPOINTS_PATH}/{endpoint_id}")

    async def restore_endpoint(self, endpoint_id: str) -> None:
        """Accept a removed endpoint again."""
        await self._send_json("POST", f"{link.ENDPOINTS_PATH}/{endpoint_id}/restore", {})

    async def _send_json(self, method: str, path: str, content: dict[str, Any]) -> bytes:
        return await self._request(method, path, json.dumps(content).encode())

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        try:
            yield
        except (link.LinkDocumentMalformedError, ValueError, KeyError, TypeError) as error:
            raise LinkDownError(f"{self._url} does not answer as LiveConnect does") from error

    async def _request(
        self, method: str, path: str, body: bytes = b"", *, timeout_s: float = REQUEST_TIMEOUT_S
    ) -> bytes:
        timeout = aiohttp.ClientTimeout(total=timeout_s, connect=CONNECT_TIMEOUT_S)
        headers = {"Content-Type": "application/json"}
        try:
            async with self._opened().request(
                method, self._url + path, data=body, headers=headers, timeout=timeout
            ) as answer:
                content = await answer.read()
        except (
            aiohttp.ClientError,
            ssl.SSLError,
            TimeoutError,
            asyncio.IncompleteReadError,
        ) as error:
            raise LinkDownError(f"{self._url}: {error or type(error).__name__}") from error
        if answer.status != 200:
            raise _refusal(answer.status, content)
        return content

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._context, keepalive_timeout=3600)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session


def _refusal(status: int, content: bytes) -> LinkRefusedError:
    try:
        decoded = json.loads(content)
        reason, sentence = str(decoded["reason"]), str(decoded.get("message", ""))
        missing = tuple(str(one) for one in decoded.get("missing", ()))
    except (ValueError, KeyError, TypeError, AttributeError):
        reason, sentence, missing = "unknown", content[:200].decode(errors="replace"), ()
    return LinkRefusedError(
        reason, f"LiveConnect answered {status}: {sentence}", status=status, missing=missing
    )
