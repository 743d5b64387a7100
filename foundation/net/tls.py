"""TLS contexts, and validity checked against the injected time.

- TLS 1.2 and up, exactly one CA, host names checked by clients.
- OpenSSL only knows the wall clock, so its time check is off and the handshake itself compares
  the peer's dates with `now`: certificates age with virtual time too.
"""

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foundation.service import Now

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME, which Python's ssl does not name."""


def server_context(
    *, certificate: Path, key: Path, now: Now, client_ca: Path | None = None
) -> ssl.SSLContext:
    """Return a server's context.

    Args:
        certificate: PEM file with the server's chain.
        key: PEM file with its private key.
        now: The time that certificates are checked against.
        client_ca: The CA of client certificates; a client may still come without one.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    return _checked_against(context, now)


def client_context(
    *, ca: Path, now: Now, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """Return a client's context that trusts exactly the one CA.

    Args:
        ca: PEM file with that CA.
        now: The time that certificates are checked against.
        certificate: PEM file with the client's own chain, if it has one.
        key: PEM file with its private key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return _checked_against(context, now)


def _checked_against(context: ssl.SSLContext, now: Now) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags = ssl.VerifyFlags(context.verify_flags | _NO_CHECK_TIME)

    class TimedConnection(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            peer = self.getpeercert()
            if peer:
                check_validity(peer, now())

    context.sslobject_class = TimedConnection
    return context


def check_validity(peer: dict[str, Any], at: datetime) -> None:
    """Check the dates of a peer's certificate, as `getpeercert` returns it.

    Raises:
        ssl.SSLCertVerificationError: If the certificate is not yet or no longer valid.
    """
    begins = _instant(peer["notBefore"])
    ends = _instant(peer["notAfter"])
    if not begins <= at <= ends:
        raise ssl.SSLCertVerificationError(
            f"the certificate is valid from {begins:%Y-%m-%d %H:%M:%S} to "
            f"{ends:%Y-%m-%d %H:%M:%S}, and it is {at:%Y-%m-%d %H:%M:%S}"
        )


def _instant(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
