"""A stranger's identity: a certificate that nobody but the stranger vouches for."""

import ssl
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def strangers_context(folder: Path, *, trusts: Path, at: datetime) -> ssl.SSLContext:
    """Return a client's context whose own certificate is self-signed.

    Args:
        folder: Where the key and the certificate are written; nobody needs them afterwards.
        trusts: The CA that it trusts, so that it comes as far as showing its certificate.
        at: When the certificate begins.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a stranger")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .sign(key, hashes.SHA384())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    both = folder / "stranger.pem"
    both.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.create_default_context(cafile=str(trusts))
    context.load_cert_chain(both)
    return context
