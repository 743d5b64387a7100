"""The UTM's identity at LiveConnect: key, request, certificate.

- The key is made here and never leaves the UTM; LiveConnect sees a CSR.
- Key and chain are files only their owner reads; a restart finds them again.
- The key is made once, so that registering again is recognised by its public key.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlite_utils import Database

from foundation.durable.files import write_secret
from foundation.protocol.link import Registration


@dataclass(frozen=True, slots=True)
class StoredRegistration:
    """What is known of the registration; the token is a node of confd."""

    utm_id: str
    epoch: int
    mcs_url: str
    registered_at: str


class LinkCredentials:
    """The files of the UTM's own key and certificate chain."""

    def __init__(self, folder: Path) -> None:
        self.key = folder / "utm.key"
        self.certificate = folder / "utm.crt"
        self.mcs_ca = folder / "liveconnect-ca.crt"

    @property
    def exist(self) -> bool:
        """Whether the UTM has a certificate."""
        return self.certificate.exists() and self.key.exists()

    def request(self, host_name: str, organization: str) -> str:
        """Return a CSR in PEM, making the key the first time."""
        key = self._private_key()
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, host_name),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            ]
        )
        request = x509.CertificateSigningRequestBuilder().subject_name(subject)
        signed = request.sign(key, hashes.SHA384())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    def store(self, registration: Registration) -> None:
        """Keep the chain, and the CA that endpoints will be given."""
        write_secret(self.mcs_ca, registration.mcs_ca_pem.encode())
        write_secret(self.certificate, registration.certificate_chain_pem.encode())

    def serial(self) -> str:
        """Return the serial number of the certificate as hex."""
        return f"{self._leaf().serial_number:x}"

    def expires_at(self) -> str:
        """Return the end of the certificate's validity as ISO 8601 in UTC."""
        return self._leaf().not_valid_after_utc.isoformat()

    def ends_at(self) -> datetime:
        """Return the end of the certificate's validity."""
        return self._leaf().not_valid_after_utc

    def signer(self) -> str:
        """Return the identifier of the key that signed the certificate, as hex."""
        named = self._leaf().extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
        return (named.value.key_identifier or b"").hex()

    def _leaf(self) -> x509.Certificate:
        return x509.load_pem_x509_certificates(self.certificate.read_bytes())[0]

    def _private_key(self) -> ec.EllipticCurvePrivateKey:
        if self.key.exists():
            key = serialization.load_pem_private_key(self.key.read_bytes(), password=None)
            if isinstance(key, ec.EllipticCurvePrivateKey):
                return key
        made = ec.generate_private_key(ec.SECP256R1())
        pem = made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_secret(self.key, pem)
        return made


def store_registration(db: Database, registration: Registration, at: str) -> None:
    """Record the answer of LiveConnect.

    The epoch rises here whatever LiveConnect remembers: one that lost its data counts from 1
    again, and what was numbered before must still come first.
    """
    known = stored_registration(db)
    db.table("epsecd_registration").upsert(
        {
            "id": 1,
            "utm_id": registration.utm_id,
            "epoch": max(registration.epoch, known.epoch + 1 if known else 0),
            "mcs_url": registration.mcs_url,
            "registered_at": at,
        },
        pk="id",
    )


def stored_registration(db: Database) -> StoredRegistration | None:
    """Return the registration, or None before it succeeded."""
    row = db.execute(
        "SELECT utm_id, epoch, mcs_url, registered_at FROM epsecd_registration"
    ).fetchone()
    return StoredRegistration(*row) if row else None
