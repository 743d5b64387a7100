"""The REST API of another appliance, to read from: GET and nothing else.

- One connection, one request at a time, no redirect, no proxy of the environment; an answer has a
  time and a size that it may not exceed.
- Its certificate is checked: by the machine's CAs, a CA file, or the SHA-256 of the certificate.
- The token goes into the Authorization header and nowhere else.
"""

import json
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Final, Self
from urllib.parse import urlsplit

import aiohttp

from foundation.errors import DomainError

TIMEOUT_S: Final = 60.0
MOST_BYTES: Final = 64 << 20
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
_OK, _NOT_FOUND, _UNAUTHORIZED, _FORBIDDEN = 200, 404, 401, 403


class AddressRefusedError(DomainError):
    """What should be the address of an appliance is none, or its fingerprint is none."""

    code: ClassVar[str] = "address_refused"
    hint: ClassVar[str] = "Write https://HOST:4444, and a fingerprint as 64 hexadecimal digits."


class SourceUnreachableError(DomainError):
    """The appliance cannot be reached, or is not the one that it should be."""

    code: ClassVar[str] = "source_unreachable"
    hint: ClassVar[str] = (
        "Give its CA with --ca, or the SHA-256 of its certificate with --fingerprint."
    )


class SourceRefusedError(DomainError):
    """The appliance refuses, or answers with what is not its configuration."""

    code: ClassVar[str] = "source_refused"
    hint: ClassVar[str] = "Is the REST API switched on there, and may the token read?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How the appliance is known: nothing given means the machine's CAs.

    Attributes:
        ca: A file of certificates that its own is signed by, or that is its own.
        fingerprint: The SHA-256 of its certificate; colons and case do not matter.
        is_checked: False believes anybody.
    """

    ca: Path | None = None
    fingerprint: str = ""
    is_checked: bool = True

    def for_connection(self) -> ssl.SSLContext | aiohttp.Fingerprint | bool:
        """Return what aiohttp takes.

        Raises:
            AddressRefusedError: If the fingerprint or the file is none.
        """
        if not self.is_checked:
            return False
        if self.fingerprint:
            text = self.fingerprint.replace(":", "").replace(" ", "").lower()
            if _FINGERPRINT.fullmatch(text) is None:
                raise AddressRefusedError("the fingerprint is no SHA-256")
            return aiohttp.Fingerprint(bytes.fromhex(text))
        try:
            return ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as error:
            raise AddressRefusedError(f"{self.ca} holds no certificate: {error}") from error


@dataclass(slots=True, kw_only=True)
class Source:
    """One appliance.

    Args:
        url: Its WebAdmin, `https://HOST:PORT`.
        token: An API token.
        trust: How it is known.
    """

    url: str
    token: str = field(repr=False)
    trust: Trust = field(default_factory=Trust)
    timeout_s: float = TIMEOUT_S
    most_bytes: int = MOST_BYTES
    _session: aiohttp.ClientSession | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        is_plain = not (parts.username or parts.password or parts.query or parts.fragment)
        if parts.scheme != "https" or not parts.hostname or not is_plain:
            raise AddressRefusedError(f"{parts.scheme or 'this'}://... is no address of WebAdmin")
        path = parts.path.rstrip("/").removesuffix("/api")
        self.url = f"https://{parts.netloc}{path}"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1, ssl=self.trust.for_connection()),
            timeout=aiohttp.ClientTimeout(total=self.timeout_s),
            headers={
                "Accept": "application/json",
                "Authorization": aiohttp.encode_basic_auth("token", self.token),
            },
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str) -> Any:
        """Return the JSON at a path below /api, or None when there is nothing.

        Raises:
            SourceUnreachableError: If no answer comes, or not from the right one.
            SourceRefusedError: If the answer is a refusal, or no JSON.
        """
        assert self._session is not None, "used as a context"  # noqa: S101 - a caller's mistake
        try:
            async with self._session.get(f"{self.url}/api{path}", allow_redirects=False) as answer:
                if answer.status == _NOT_FOUND:
                    return None
                if answer.status != _OK:
                    raise SourceRefusedError(f"{path} is answered with {_refusal(answer.status)}")
                return _parsed(path, await self._body(answer, path))
        except aiohttp.ServerFingerprintMismatch as error:
            raise SourceUnreachableError(
                f"{self.url} has the fingerprint {error.got.hex()}, not the one given"
            ) from error
        except aiohttp.ClientError as error:
            raise SourceUnreachableError(f"{self.url}: {error}") from error
        except TimeoutError as error:
            seconds = f"{self.timeout_s:g} s"
            raise SourceUnreachableError(f"{path} is not answered within {seconds}") from error

    async def _body(self, answer: aiohttp.ClientResponse, path: str) -> bytes:
        parts, size = [], 0
        async for part in answer.content.iter_any():
            size += len(part)
            if size > self.most_bytes:
                raise SourceRefusedError(f"{path} has more than {self.most_bytes} bytes")
            parts.append(part)
        return b"".join(parts)


def _parsed(path: str, body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceRefusedError(f"{path} is answered with what is no JSON") from error


def _refusal(status: int) -> str:
    if status == _UNAUTHORIZED:
        return "401: the token is not accepted"
    if status == _FORBIDDEN:
        return "403: not allowed"
    return str(status)
