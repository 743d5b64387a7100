"""Certificates age with the injected time, and only the one CA is trusted."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foundation.net.tls import client_context, server_context

BEGIN = datetime(2030, 1, 1, tzinfo=UTC)


def self_signed(folder, name):
    """A certificate for localhost, valid in January 2030 only."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN + timedelta(days=31))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA384())
    )
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / f"{name}.crt", folder / f"{name}.key"


async def connect(folder, *, at, ca=None):
    certificate, key = self_signed(folder, "server")
    context = server_context(certificate=certificate, key=key, now=lambda: BEGIN)
    server = await asyncio.start_server(
        lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context
    )
    port = server.sockets[0].getsockname()[1]
    client = client_context(ca=ca or certificate, now=lambda: at)
    try:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client, server_hostname="localhost"
        )
        writer.close()
    finally:
        server.close()


async def test_a_certificate_valid_at_the_injected_time_is_accepted(tmp_path):
    await connect(tmp_path, at=BEGIN + timedelta(days=1))


@pytest.mark.parametrize("days", [-1, 32])
async def test_a_certificate_is_refused_outside_its_dates(tmp_path, days):
    with pytest.raises(ssl.SSLCertVerificationError, match="valid from 2030-01-01"):
        await connect(tmp_path, at=BEGIN + timedelta(days=days))


async def test_mcs_02_a_wrong_ca_is_refused(tmp_path):
    other, _ = self_signed(tmp_path, "other")
    with pytest.raises(ssl.SSLCertVerificationError):
        await connect(tmp_path, at=BEGIN + timedelta(days=1), ca=other)
