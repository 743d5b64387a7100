"""A connection to an origin: opened, used for one exchange at a time, kept for the next.

- Each client has its own connections; none is shared, because some origins authenticate the
  connection instead of the request.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from foundation.webfilter.destinations import Destinations
from foundation.webfilter.flow import Flow
from foundation.webfilter.heads import RequestHead
from foundation.webfilter.limits import Limits
from foundation.webfilter.refusals import (
    OriginMalformedError,
    OriginTimeoutError,
    OriginUnreachableError,
    OriginUntrustedError,
)
from foundation.webfilter.response_reader import ResponseReader, ResponseSink

OnOutcome = Callable[[Exception | None], None]
"""Told once that a response is complete or of no more use (None), or why it will not be."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


class Origin(Flow):
    """One connection to one host and port."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._reader = ResponseReader(limits)
        self._sink: ResponseSink
        self._on_outcome: OnOutcome | None = None
        self._is_fresh = True
        self.prelude = b""
        self.address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Transport callback."""
        super().connection_made(transport)
        name: Any = transport.get_extra_info("peername")
        self.address = str(name[0]) if name else ""

    @property
    def is_switched(self) -> bool:
        """Whether the origin agreed to another protocol."""
        return self._reader.is_switched

    @property
    def certificate(self) -> bytes:
        """The certificate of the other side, as DER; empty without TLS."""
        tls: Any = self.transport.get_extra_info("ssl_object") if self.transport else None
        return (tls.getpeercert(True) or b"") if tls is not None else b""

    def take_prelude(self) -> bytes:
        """Return what came after a switch of protocols."""
        data, self.prelude = self.prelude, b""
        return data

    def expect(self, sink: ResponseSink, on_outcome: OnOutcome, *, is_head_request: bool) -> None:
        """Read one response into the sink."""
        self._reader.begin(sink, is_head_request=is_head_request)
        self._sink, self._on_outcome = sink, on_outcome
        self._is_fresh = True

    def forget(self) -> None:
        """Tell nobody of the outcome."""
        self._on_outcome = None

    def may_repeat(self, head: RequestHead, error: Exception) -> bool:
        """Tell whether a request that failed here may be sent again elsewhere."""
        is_unanswered = self._is_fresh and isinstance(error, OriginMalformedError)
        return is_unanswered and head.method in _IDEMPOTENT and not head.has_body

    def data_received(self, data: bytes) -> None:
        """Transport callback."""
        if self._peer is not None:
            self.relay(data)
            return
        reader = self._reader
        if reader.is_switched:
            self.prelude += data  # the tunnel is about to stand
            return
        if self._on_outcome is None:
            self.abort()  # an answer that nobody asked for
            return
        self._is_fresh = False
        try:
            rest = reader.feed(data)
        except Exception as error:  # noqa: BLE001 - malformed, or a fault of the sink: told either way
            self._sink.flush()
            self._finish(error)
            return
        self._sink.flush()
        if rest:
            self.prelude += rest
        if reader.is_complete or reader.is_switched or self._sink.is_withheld:
            self._finish(None)

    def eof_received(self) -> bool | None:
        """Transport callback."""
        if self.is_relaying:
            return self.relay_eof()
        self._finish_at_eof()
        return None

    def connection_lost(self, error: Exception | None) -> None:
        """Transport callback."""
        self._finish_at_eof()
        super().connection_lost(error)

    def _finish_at_eof(self) -> None:
        if self._on_outcome is None:
            return
        try:
            self._reader.feed_eof()
            self._sink.flush()
        except OriginMalformedError as error:
            self._finish(error)
            return
        self._finish(None)

    def _finish(self, error: Exception | None) -> None:
        on_outcome, self._on_outcome = self._on_outcome, None
        if on_outcome is not None:
            on_outcome(error)


async def connect(
    destinations: Destinations,
    host: str,
    port: int,
    limits: Limits,
    *,
    security: ssl.SSLContext | None = None,
) -> Origin:
    """Open a connection to the first address that answers, with TLS if a context is given.

    Raises:
        DestinationRefusedError: The address may not be reached.
        OriginUnreachableError: The name does not resolve, or nothing answers.
        OriginTimeoutError: It took too long.
        OriginUntrustedError: Its certificate is not to be believed, or it speaks no TLS.
    """
    loop = asyncio.get_running_loop()
    last: OSError | None = None
    try:
        async with asyncio.timeout(limits.connect_timeout_s):
            for address, number in await destinations.addresses_of(host, port):
                try:
                    _, origin = await loop.create_connection(
                        lambda: Origin(limits),
                        address,
                        number,
                        ssl=security,
                        server_hostname=host.strip("[]") if security is not None else None,
                    )
                except ssl.SSLCertVerificationError as error:
                    why = error.verify_message.rstrip(".")
                    raise OriginUntrustedError(
                        f"the certificate of {host} is not to be trusted: {why}"
                    ) from error
                except ssl.SSLError as error:
                    why = error.reason or type(error).__name__
                    raise OriginUntrustedError(f"no TLS with {host}: {why}") from error
                except OSError as error:
                    last = error
                else:
                    return origin
    except TimeoutError as error:
        raise OriginTimeoutError(
            f"{host}:{port} did not answer within {limits.connect_timeout_s:g} s"
        ) from error
    raise OriginUnreachableError(f"{host}:{port} cannot be reached: {last}")
