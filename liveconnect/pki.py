"""LiveConnect's own certificate authority.

- Made at first start; every private file is 0600. P-256 keys only, signatures with SHA-384.
- `ca.crt` holds every certificate that is trusted; the signer is the one whose key is `ca.key`.
  The steps of a rotation change these files (`ca_steps.py`); `load` takes them as they are then.
- The server certificate names localhost, 127.0.0.1, ::1 and the public name; it is made anew
  when a name is missing or its end is near. The CA stays.
- A UTM's certificate comes from its CSR; the private key never travels. Which serials are valid
  is the store's knowledge, asked at every request.
- Dates come from the injected time, a month early, for clocks that are behind or jump back.

Provenance: ours; that a UTM receives certificates is the seed's.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from foundation.durable.files import write_atomic, write_secret
from foundation.errors import DomainError
from foundation.service import Now
from liveconnect.ca_phase import RotationPhase, phase_of
from liveconnect.ca_steps import take_step, trust_to_tell, trusted_in
from liveconnect.key_files import (
    CA_CERTIFICATES,
    CA_KEY,
    SWITCHED_AT,
    read_files,
    write_changes,
)
from liveconnect.roots import EARLY, key_bytes, make_root, named, pem_of, read_key

SERVER_LIFE = timedelta(days=1825)
UTM_LIFE = timedelta(days=1825)
RENEW_BEFORE = timedelta(days=60)
LOCAL_NAMES = ("localhost",)
LOCAL_ADDRESSES = ("127.0.0.1", "::1")


class CertificateRequestInvalidError(DomainError):
    """A certificate request cannot be signed."""

    code: ClassVar[str] = "csr_invalid"
    hint: ClassVar[str] = "Send a PEM certificate request, signed by its own P-256 key."


@dataclass(frozen=True, slots=True)
class UtmCertificate:
    """A certificate that was issued to a UTM.

    Attributes:
        serial: Its serial number as lower-case hex.
        signer: Whose key signed it, as `CertificateAuthority.signer` says it.
        chain_pem: The certificate followed by the CA's.
        public_key_digest: SHA-256 of the public key, by which a UTM is recognised.
        expires_at: The end of its validity.
    """

    serial: str
    signer: str
    chain_pem: str
    public_key_digest: str
    expires_at: datetime


class CertificateAuthority:
    """Signs for one LiveConnect; its files live in one folder."""

    def __init__(self, folder: Path, *, now: Now) -> None:
        self._folder = folder
        self._now = now
        self._key, self._trusted = self._load_or_make()

    @property
    def ca_file(self) -> Path:
        """The CA's certificate."""
        return self._folder / CA_CERTIFICATES

    @property
    def ca_pem(self) -> str:
        """Every certificate that is to be trusted, the signer's first."""
        return pem_of(*self._trusted)

    @property
    def trust_to_tell(self) -> str:
        """What MCS policies say of trust: nothing before the first rotation."""
        return trust_to_tell(read_files(self._folder))

    @property
    def phase(self) -> RotationPhase:
        """How far a rotation is."""
        return phase_of(self._folder)

    @property
    def expires_at(self) -> datetime:
        """The end of the signer's validity."""
        return self._certificate.not_valid_after_utc

    @property
    def signing_since(self) -> datetime:
        """Since when the signer signs: its own beginning, or the last switch."""
        if self._switched_file.exists():
            return datetime.fromisoformat(self._switched_file.read_text())
        return self._certificate.not_valid_before_utc + EARLY

    @property
    def _certificate(self) -> x509.Certificate:
        return self._trusted[0]

    @property
    def signer(self) -> str:
        """The signer's key identifier as hex; what it signs names the same one."""
        return x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()).digest.hex()

    def take_step(self, step: str) -> None:
        """Do one step of a rotation with the files of this folder.

        Raises:
            RotationOutOfStepError: If it is not the next one.
        """
        write_changes(self._folder, take_step(step, read_files(self._folder), self._now()))
        self.load()

    def load(self) -> None:
        """Take key and certificates as the files hold them now."""
        self._key, self._trusted = self._load_or_make()

    @property
    def _switched_file(self) -> Path:
        return self._folder / SWITCHED_AT

    def server_files(self, public_name: str) -> tuple[Path, Path]:
        """Return certificate and key for the listeners, made or renewed if needed."""
        certificate_file, key_file = self._folder / "server.crt", self._folder / "server.key"
        names = _subject_names(public_name)
        if not (self._serves(certificate_file, names) and _belong(certificate_file, key_file)):
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = self._sign(
                public_key=key.public_key(),
                common_name=public_name,
                life=SERVER_LIFE,
                usage=ExtendedKeyUsageOID.SERVER_AUTH,
                names=names,
            )
            write_secret(key_file, key_bytes(key))
            write_atomic(certificate_file, self._chain(certificate).encode())
        return certificate_file, key_file

    def sign_utm(self, csr_pem: str, utm_id: str) -> UtmCertificate:
        """Issue a client certificate for `utm_id` from its request.

        Raises:
            CertificateRequestInvalidError: If the request is not one we sign.
        """
        public_key = read_request(csr_pem)
        certificate = self._sign(
            public_key=public_key,
            common_name=utm_id,
            life=UTM_LIFE,
            usage=ExtendedKeyUsageOID.CLIENT_AUTH,
            names=(),
        )
        return UtmCertificate(
            serial=f"{certificate.serial_number:x}",
            signer=self.signer,
            chain_pem=self._chain(certificate),
            public_key_digest=digest_of_key(public_key),
            expires_at=certificate.not_valid_after_utc,
        )

    def _load_or_make(self) -> tuple[ec.EllipticCurvePrivateKey, tuple[x509.Certificate, ...]]:
        files = read_files(self._folder)
        if CA_KEY in files and CA_CERTIFICATES in files:
            return read_key(files[CA_KEY]), trusted_in(files)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = make_root(key, self._now())
        made = {CA_KEY: key_bytes(key), CA_CERTIFICATES: pem_of(certificate).encode()}
        write_changes(self._folder, made)
        return key, (certificate,)

    def _serves(self, certificate_file: Path, names: Sequence[x509.GeneralName]) -> bool:
        if not certificate_file.exists():
            return False
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        now = self._now()
        fresh = (
            certificate.not_valid_before_utc
            <= now
            < (certificate.not_valid_after_utc - RENEW_BEFORE)
        )
        return fresh and set(names) <= set(named) and self._has_signed(certificate)

    def _has_signed(self, certificate: x509.Certificate) -> bool:
        try:
            certificate.verify_directly_issued_by(self._certificate)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True

    def _sign(
        self,
        *,
        public_key: ec.EllipticCurvePublicKey,
        common_name: str,
        life: timedelta,
        usage: x509.ObjectIdentifier,
        names: Sequence[x509.GeneralName],
    ) -> x509.Certificate:
        begins = self._now() - EARLY
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(common_name))
            .issuer_name(self._certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + EARLY + life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(_authority_of(self._key), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA384())

    def _chain(self, certificate: x509.Certificate) -> str:
        return pem_of(certificate, self._certificate)


def read_request(csr_pem: str) -> ec.EllipticCurvePublicKey:
    """Return the public key of a certificate request that is signed by that key.

    Raises:
        CertificateRequestInvalidError: If it is malformed, unsigned or not on P-256.
    """
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode())
        public_key = request.public_key()
    except ValueError as error:
        raise CertificateRequestInvalidError(f"not a certificate request: {error}") from error
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(
        public_key.curve, ec.SECP256R1
    ):
        raise CertificateRequestInvalidError("the key of the certificate request is not P-256")
    try:
        genuine = request.is_signature_valid
    except InvalidSignature:
        genuine = False
    if not genuine:
        raise CertificateRequestInvalidError("the certificate request is not signed by its key")
    return public_key


def _belong(certificate_file: Path, key_file: Path) -> bool:
    """Tell whether a key is the certificate's: a kill may have come between the two files."""
    if not key_file.exists():
        return False
    certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    return key.public_key() == certificate.public_key()


def digest_of_key(public_key: ec.EllipticCurvePublicKey) -> str:
    """Return SHA-256 of a public key as hex: the same UTM has the same digest."""
    encoded = public_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(encoded)
    return digest.finalize().hex()


def _authority_of(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _subject_names(public_name: str) -> tuple[x509.GeneralName, ...]:
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in LOCAL_NAMES]
    names += [x509.IPAddress(ipaddress.ip_address(text)) for text in LOCAL_ADDRESSES]
    try:
        public: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(public_name))
    except ValueError:
        public = x509.DNSName(public_name)
    if public not in names:
        names.append(public)
    return tuple(names)
