"""The appliance's own certificate for WebAdmin and REST: self-signed, as a new appliance's is.

- Made at first start, and anew when its end is near; the key is 0600. P-256, SHA-384.
- It names localhost, the loopback addresses and the appliance. Clients take the file as their CA,
  or pin its fingerprint.
- Dates come from the injected time, a month early, for clocks that are behind.

Provenance: self-signed is documented; the form is ours.
"""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from foundation.durable.files import write_atomic, write_secret
from foundation.service import Now
from utm.storage import WEBADMIN_CERTIFICATE

_KEY_FILE: Final = "webadmin.key"
_LIFE: Final = timedelta(days=1825)
_EARLY: Final = timedelta(days=30)
_RENEW_BEFORE: Final = timedelta(days=60)
_ADDRESSES: Final = ("127.0.0.1", "::1")


def certificate_files(folder: Path, *, host_name: str, now: Now) -> tuple[Path, Path]:
    """Return the PEM files of certificate and key, made or renewed if needed.

    Args:
        folder: Where they are.
        host_name: The appliance's name, which the certificate carries too.
        now: The time that its dates are checked against and made from.
    """
    certificate_file, key_file = folder / WEBADMIN_CERTIFICATE, folder / _KEY_FILE
    if not (key_file.exists() and _serves(certificate_file, host_name, now)):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _self_signed(key, host_name, now)
        write_secret(key_file, _key_bytes(key))
        write_atomic(certificate_file, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_file, key_file


def _serves(file: Path, host_name: str, now: Now) -> bool:
    if not file.exists():
        return False
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    ends = certificate.not_valid_after_utc - _RENEW_BEFORE
    return certificate.not_valid_before_utc <= now() < ends and set(_names(host_name)) <= set(named)


def _self_signed(key: ec.EllipticCurvePrivateKey, host_name: str, now: Now) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{host_name} WebAdmin"[:64])])
    begins = now() - _EARLY
    public_key = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + _EARLY + _LIFE)
        .add_extension(x509.SubjectAlternativeName(_names(host_name)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .sign(key, hashes.SHA384())
    )


def _names(host_name: str) -> list[x509.GeneralName]:
    names = dict.fromkeys(("localhost", host_name))
    return [
        *(x509.DNSName(name) for name in names),
        *(x509.IPAddress(ip_address(text)) for text in _ADDRESSES),
    ]


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
