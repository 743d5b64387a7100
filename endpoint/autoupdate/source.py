"""Where packages come from: LiveConnect over HTTPS, and nothing unchecked.

- Only HTTPS, only the one CA that setup installed.
- A package is streamed to a file beside its place and takes its name only when its size and
  SHA-384 are those of the manifest; anything else is removed and refused.

Provenance: download in step 6 is the seed's (INS-06); manifest and paths are ours.
"""

import hashlib
import os
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import ClassVar, Final
from urllib.parse import quote, urlsplit, urlunsplit

import aiohttp

from endpoint.autoupdate.config import AutoUpdateConfig
from foundation.durable.files import remove, sync_folder
from foundation.errors import DomainError
from foundation.net.tls import client_context
from foundation.protocol.content import (
    PackageDamagedError,
    PackageManifest,
    decode_manifest,
)
from foundation.service import Now

_CHUNK: Final = 1 << 18
_LARGEST_MANIFEST: Final = 100_000
_SILENCE_S: Final = 30.0
_SOFTWARE: Final = "/software"

_Answer = AbstractAsyncContextManager[aiohttp.ClientResponse]


class DownloadFailedError(DomainError):
    """The server could not be reached, or did not answer with what was asked for."""

    code: ClassVar[str] = "download_failed"
    hint: ClassVar[str] = "check that LiveConnect runs and that the ALC policy names its address"


class PackageSource:
    """The packages of one server.

    Args:
        config: Server and proxy; a server without a path means `/software`.
        ca: PEM file of the one CA to trust.
        now: The present, for the dates of the server's certificate.
    """

    def __init__(self, config: AutoUpdateConfig, *, ca: Path, now: Now) -> None:
        self._base = _base_of(config.server_url)
        self._config = config
        self._ca = ca
        self._now = now

    async def manifest(self, name: str) -> PackageManifest:
        """Fetch what the server has under `name`.

        Raises:
            DownloadFailedError: If it has none.
            ManifestRefusedError: If what it has cannot be used.
        """
        url = f"{self._base}/{quote(name)}/manifest.json"
        try:
            async with self._session() as session, self._get(session, url) as response:
                self._check(response)
                data = await response.content.read(_LARGEST_MANIFEST)
            return decode_manifest(data)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise DownloadFailedError(f"{url}: {_reason(error)}") from error

    async def download(self, manifest: PackageManifest, target: Path) -> None:
        """Fetch a package to `target`.

        Raises:
            DownloadFailedError: If it cannot be fetched whole.
            PackageDamagedError: If it is not what the manifest describes.
        """
        url = f"{self._base}/{quote(manifest.name)}/{quote(manifest.file_name)}"
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.part")
        try:
            await self._stream(url, manifest, partial)
            partial.replace(target)
            sync_folder(target.parent)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DownloadFailedError(f"{url}: {_reason(error)}") from error
        finally:
            remove(partial)

    async def _stream(self, url: str, manifest: PackageManifest, partial: Path) -> None:
        digest = hashlib.sha384()
        size = 0
        async with self._session() as session, self._get(session, url) as response:
            self._check(response)
            with partial.open("wb") as file:
                async for chunk in response.content.iter_chunked(_CHUNK):
                    size += len(chunk)
                    if size > manifest.size:
                        break
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
        if size != manifest.size:
            raise PackageDamagedError(
                f"{manifest.file_name} is not of the {manifest.size} bytes of its manifest"
            )
        if digest.hexdigest() != manifest.sha384:
            raise PackageDamagedError(
                f"the SHA-384 of {manifest.file_name} differs from its manifest"
            )

    def _session(self) -> aiohttp.ClientSession:
        timeout = aiohttp.ClientTimeout(sock_connect=_SILENCE_S, sock_read=_SILENCE_S)
        connector = aiohttp.TCPConnector(ssl=client_context(ca=self._ca, now=self._now))
        return aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False)

    def _get(self, session: aiohttp.ClientSession, url: str) -> _Answer:
        config = self._config
        headers = {}
        if config.proxy_user:
            login = aiohttp.encode_basic_auth(config.proxy_user, config.proxy_password)
            headers["Proxy-Authorization"] = login
        return session.get(url, proxy=config.proxy_url or None, proxy_headers=headers)

    @staticmethod
    def _check(response: aiohttp.ClientResponse) -> None:
        if response.status != 200:
            raise DownloadFailedError(f"{response.url} answered {response.status}")


def _base_of(server_url: str) -> str:
    try:
        parts = urlsplit(server_url)
        host = parts.hostname
    except ValueError as error:
        raise DownloadFailedError(f"{server_url!r} is not an address") from error
    if parts.scheme != "https" or not host:
        raise DownloadFailedError(f"{server_url!r} is not an HTTPS address")
    path = parts.path.rstrip("/") or _SOFTWARE
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
