"""Root certificates: how the CA's own certificate is made, and how it and its key are written.

- P-256 keys only, signatures with SHA-384; a month early, for clocks that are behind or jump back.

Provenance: ours.
"""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CA_LIFE = timedelta(days=3650)
EARLY = timedelta(days=30)
_CA_NAME = "utmlab LiveConnect CA"


def make_root(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """Return a certificate for the CA's key, signed by itself."""
    name = named(_CA_NAME)
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLY)
        .not_valid_after(now + CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA384())
    )


def named(common_name: str) -> x509.Name:
    """Return a name as certificates carry it."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def pem_of(*certificates: x509.Certificate) -> str:
    """Return certificates as PEM, one after the other."""
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in certificates)


def key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as its file holds it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def read_key(data: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the private key in the bytes of its file."""
    key = serialization.load_pem_private_key(data, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the CA's key is not an EC key")
    return key
