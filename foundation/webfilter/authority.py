"""The CA that clients of an intercepting proxy have to trust: made once, kept in a folder.

- `ca.crt` is for clients to install, `ca.key` for nobody (mode 0600).
- The key is stored first: a certificate that is there has its key.

Provenance: a signing CA for HTTPS scanning that clients install is documented; the files are ours.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foundation.durable.files import write_atomic, write_secret
from foundation.errors import DomainError
from foundation.service import Now

_LIFE: Final = timedelta(days=3650)
_SKEW: Final = timedelta(days=1)


class AuthorityDamagedError(DomainError):
    """The files of the CA cannot be read."""

    code: ClassVar[str] = "authority_damaged"
    hint: ClassVar[str] = "Remove both files: a new CA is made, which clients have to trust anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class LabAuthority:
    """The CA that clients of an intercepting proxy trust."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def authority_file(folder: Path) -> Path:
    """Return where the certificate lies, as PEM."""
    return folder / "ca.crt"


def stored_authority(folder: Path, now: Now) -> LabAuthority:
    """Return the CA of a folder, made at the first time.

    Args:
        folder: Where its two files lie.
        now: When a new one begins to be valid.

    Raises:
        AuthorityDamagedError: If there are files that hold no CA.
    """
    file = authority_file(folder)
    if not file.exists():
        _store(folder, _make(now))
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        key = serialization.load_pem_private_key(_key_file(folder).read_bytes(), None)
    except (OSError, ValueError) as error:
        raise AuthorityDamagedError(f"{folder} holds no CA that can be read: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityDamagedError(f"{folder} holds a key of another kind")
    return LabAuthority(certificate=certificate, key=key)


def _key_file(folder: Path) -> Path:
    return folder / "ca.key"


def _store(folder: Path, authority: LabAuthority) -> None:
    pem = serialization.Encoding.PEM
    write_secret(
        _key_file(folder),
        authority.key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    write_atomic(authority_file(folder), authority.certificate.public_bytes(pem))


def _make(now: Now) -> LabAuthority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "utmlab HTTPS scanning, lab only")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - _SKEW)
        .not_valid_after(now() + _LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return LabAuthority(certificate=certificate, key=key)
