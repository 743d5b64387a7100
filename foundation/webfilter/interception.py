"""Looking into HTTPS with a CA of the lab: off unless a proxy is given one.

- `covers` says of each CONNECT that is allowed whether it is looked into; an exception that skips
  `ssl_scanning` leaves it untouched. Nothing is made or loaded before the first that is.
- A leaf certificate (P-256) is made for each host when it is first asked for and kept in memory;
  its key is in a file only for as long as OpenSSL needs to read it.
- The site's certificate is checked for the client, who cannot see it: issuer and name by OpenSSL,
  dates against the injected time. Of an exception's skips, `certcheck` lets any issuer and name
  pass, `certdate` any dates; neither does the other's work (documented names, WEB-05).
- The server name that a client asks for is noted, since its requests may name another host.
"""

import ssl
import tempfile
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from weakref import WeakKeyDictionary

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from foundation.service import Now
from foundation.webfilter.authority import LabAuthority
from foundation.webfilter.refusals import OriginUntrustedError
from foundation.webfilter.verdict import Verdict

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME: OpenSSL knows the wall clock only."""
_MOST_LEAVES = 1_000
_LEAF_LIFE = timedelta(days=7)
_SKEW = timedelta(days=1)


def site_trust(file: Path | None) -> Callable[[ssl.SSLContext], None]:
    """Return what adds the CAs that are believed: the machine's own, and those of a file."""

    def trust(context: ssl.SSLContext) -> None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        if file is not None:
            context.load_verify_locations(file)

    return trust


class Interception:
    """Certificates towards clients, and checks of the certificates of sites.

    Args:
        authority: Gives the CA that signs the leaf certificates; asked once.
        trust: Adds to a context the CAs of sites that are believed.
        now: The time that certificates are made for and checked against.
        covers: Which CONNECTs are looked into, by their verdict.
    """

    def __init__(
        self,
        authority: Callable[[], LabAuthority],
        *,
        trust: Callable[[ssl.SSLContext], None],
        now: Now,
        covers: Callable[[Verdict], bool],
    ) -> None:
        self._make_authority, self._trust, self._now = authority, trust, now
        self._covers = covers
        self._leaves: dict[str, tuple[ssl.SSLContext, x509.Certificate]] = {}
        self._names: WeakKeyDictionary[object, str] = WeakKeyDictionary()

    @cached_property
    def _authority(self) -> LabAuthority:
        return self._make_authority()

    @cached_property
    def _leaf_key(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def _strict(self) -> ssl.SSLContext:
        return self._site_context(is_checked=True)

    @cached_property
    def _lax(self) -> ssl.SSLContext:
        return self._site_context(is_checked=False)

    def covers(self, verdict: Verdict) -> bool:
        """Tell whether a CONNECT of that verdict is looked into."""
        return "ssl_scanning" not in verdict.exception_skips and self._covers(verdict)

    def name_asked_for(self, connection: object) -> str:
        """Return the server name that a client's hello had; empty when it had none."""
        return self._names.get(connection, "")

    def context_for(self, host: str) -> ssl.SSLContext:
        """Return the TLS context that shows a client a certificate of that host."""
        known = self._leaves.get(host)
        if known is not None and self._now() < known[1].not_valid_after_utc - _SKEW:
            return known[0]
        certificate = self._leaf(host)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        context.sni_callback = self._note_name
        chain = (certificate, self._authority.certificate)
        pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
        key = self._leaf_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(pem + key)
            context.load_cert_chain(file.name)
        self._leaves.pop(host, None)
        while len(self._leaves) >= _MOST_LEAVES:
            del self._leaves[next(iter(self._leaves))]
        self._leaves[host] = (context, certificate)
        return context

    def site_context(self, skips: Collection[str]) -> ssl.SSLContext:
        """Return the TLS context for a site, under the skips of its verdict."""
        return self._lax if "certcheck" in skips else self._strict

    def check_dates(self, certificate: bytes, skips: Collection[str]) -> None:
        """Check the dates of a site's certificate.

        Raises:
            OriginUntrustedError: It is not valid yet, or no longer, and no skip forgives it.
        """
        if "certdate" in skips:
            return
        site = x509.load_der_x509_certificate(certificate)
        if not site.not_valid_before_utc <= self._now() <= site.not_valid_after_utc:
            raise OriginUntrustedError(
                f"the site's certificate is valid from {site.not_valid_before_utc:%Y-%m-%d} "
                f"to {site.not_valid_after_utc:%Y-%m-%d} only"
            )

    def _note_name(self, connection: object, name: str | None, _context: ssl.SSLContext) -> None:
        if name:
            self._names[connection] = name

    def _site_context(self, *, is_checked: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_alpn_protocols(["http/1.1"])
        context.verify_flags = ssl.VerifyFlags(context.verify_flags | _NO_CHECK_TIME)
        if is_checked:
            self._trust(context)
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _leaf(self, host: str) -> x509.Certificate:
        bare = host.strip("[]")
        try:
            name: x509.GeneralName = x509.IPAddress(ip_address(bare))
        except ValueError:
            name = x509.DNSName(bare)
        authority, now = self._authority, self._now()
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, bare[:64])]))
            .issuer_name(authority.certificate.subject)
            .public_key(self._leaf_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + _LEAF_LIFE)
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
                critical=False,
            )
            .sign(authority.key, hashes.SHA256())
        )
