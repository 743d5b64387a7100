"""LiveConnect's own certificate authority.

- Made at first start; every private file is 0600. P-256 keys only, signatures with SHA-384.
- `ca.crt` holds every certificate that is trusted; the signer is the one whose key is `ca.key`.
  A rotation has three steps: a new certificate is trusted too (`next.key`), it becomes the signer
  (one rename), the old one is dropped. A kill leaves one of these states.
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
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from foundation.durable.files import sync_folder, write_atomic, write_secret
from foundation.errors import DomainError
from foundation.service import Now
from liveconnect.ca_phase import RotationPhase, next_key_file, phase_of

CA_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=1825)
UTM_LIFE = timedelta(days=1825)
RENEW_BEFORE = timedelta(days=60)
EARLY = timedelta(days=30)
LOCAL_NAMES = ("localhost",)
LOCAL_ADDRESSES = ("127.0.0.1", "::1")


class CertificateRequestInvalidError(DomainError):
    """A certificate request cannot be signed."""

    code: ClassVar[str] = "csr_invalid"
    hint: ClassVar[str] = "Send a PEM certificate request, signed by its own P-256 key."


class RotationOutOfStepError(DomainError):
    """A step of a rotation that is not the next one."""

    code: ClassVar[str] = "rotation_out_of_step"
    hint: ClassVar[str] = "The steps are prepare, switch, finish; `utmlab ca rotate` tells where."


@dataclass(frozen=True, slots=True)
class UtmCertificate:
    """A certificate that was issued to a UTM.

    Attributes:
        serial: Its serial number as lower-case hex.
        chain_pem: The certificate followed by the CA's.
        public_key_digest: SHA-256 of the public key, by which a UTM is recognised.
        expires_at: The end of its validity.
    """

    serial: str
    chain_pem: str
    public_key_digest: str
    expires_at: datetime


class CertificateAuthority:
    """Signs for one LiveConnect; its files live in one folder."""

    def __init__(self, folder: Path, *, now: Now) -> None:
        self._folder = folder
        self._now = now
        self._trusted: tuple[x509.Certificate, ...] = ()
        self._key, self._certificate = self._load_or_make()

    @property
    def ca_file(self) -> Path:
        """The CA's certificate."""
        return self._folder / "ca.crt"

    @property
    def ca_pem(self) -> str:
        """Every certificate that is to be trusted, the signer's first."""
        return "".join(_pem(one) for one in self._trusted)

    @property
    def phase(self) -> RotationPhase:
        """How far a rotation is."""
        return phase_of(self._folder)

    @property
    def was_rotated(self) -> bool:
        """Whether a rotation was ever begun: then endpoints have to be told whom to trust."""
        return self._rotated_file.exists()

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
    def signer(self) -> str:
        """The signer's key identifier as hex; what it signs names the same one."""
        return x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()).digest.hex()

    def prepare(self) -> None:
        """Trust a new certificate too; the old one goes on signing.

        Raises:
            RotationOutOfStepError: If a rotation is under way.
        """
        self._expect(RotationPhase.STABLE)
        key = ec.generate_private_key(ec.SECP256R1())
        added = _make_root(key, self._now())
        write_atomic(self._rotated_file, b"")
        # The certificate first: trusted and unused does no harm, a key without one would.
        self._write_trusted((self._certificate, added))
        write_secret(self._next_key_file, _key_bytes(key))

    def switch(self) -> None:
        """Sign with the new key from now on; both certificates are trusted.

        Raises:
            RotationOutOfStepError: If no new certificate is prepared.
        """
        self._expect(RotationPhase.PREPARED)
        # Before the key: a date that is too early would hide who still shows the old CA's work.
        write_atomic(self._switched_file, self._now().isoformat().encode())
        self._next_key_file.replace(self._folder / "ca.key")
        sync_folder(self._folder)
        self._key, self._certificate = self._load_or_make()

    def finish(self) -> None:
        """Trust the new certificate alone.

        Raises:
            RotationOutOfStepError: If the new one does not sign yet.
        """
        self._expect(RotationPhase.SWITCHED)
        self._write_trusted((self._certificate,))

    def _expect(self, phase: RotationPhase) -> None:
        if self.phase is not phase:
            raise RotationOutOfStepError(f"the rotation is {self.phase.value}, not {phase.value}")

    def _write_trusted(self, certificates: tuple[x509.Certificate, ...]) -> None:
        write_atomic(self.ca_file, "".join(_pem(one) for one in certificates).encode())
        self._trusted = certificates

    @property
    def _next_key_file(self) -> Path:
        return next_key_file(self._folder)

    @property
    def _switched_file(self) -> Path:
        return self._folder / "switched_at"

    @property
    def _rotated_file(self) -> Path:
        return self._folder / "rotated"

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
            write_secret(key_file, _key_bytes(key))
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
            chain_pem=self._chain(certificate),
            public_key_digest=digest_of_key(public_key),
            expires_at=certificate.not_valid_after_utc,
        )

    def _load_or_make(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key_file = self._folder / "ca.key"
        if key_file.exists() and self.ca_file.exists():
            key = serialization.load_pem_private_key(key_file.read_bytes(), None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise TypeError(f"{key_file} is not an EC key")
            found = x509.load_pem_x509_certificates(self.ca_file.read_bytes())
            mine = [one for one in found if one.public_key() == key.public_key()]
            self._trusted = (*mine, *(one for one in found if one not in mine))
            return key, mine[0]
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _make_root(key, self._now())
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The key first: a certificate without its key would look like a finished CA.
        write_secret(key_file, _key_bytes(key))
        self._write_trusted((certificate,))
        return key, certificate

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
            .subject_name(_name(common_name))
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
        return _pem(certificate) + _pem(self._certificate)


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


def _make_root(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = _name("utmlab LiveConnect CA")
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


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


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


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
