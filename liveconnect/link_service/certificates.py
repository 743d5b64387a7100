"""Which UTM calls: its certificate, checked at every request.

- TLS has proven that the caller holds the key of a certificate of ours; whether that certificate
  still counts is asked of the store each time, so that a revocation works at once.
- Its dates are checked each time too: a connection may outlive its certificate.
"""

import ssl

from aiohttp import web

from foundation.net.tls import check_validity
from foundation.protocol.reasons import Reason
from foundation.service import Now
from liveconnect.refusals import CertificateRefusedError
from liveconnect.store.port import UtmStore


async def tenant_of(request: web.Request, store: UtmStore, now: Now) -> str:
    """Return the UTM behind a request.

    Raises:
        CertificateRefusedError: If it shows no certificate, or one that does not count.
    """
    peer = request.get_extra_info("peercert")
    if not peer:
        raise CertificateRefusedError(
            Reason.CERTIFICATE_MISSING, "this call needs the UTM's certificate"
        )
    try:
        check_validity(peer, now())
    except ssl.SSLCertVerificationError as error:
        raise CertificateRefusedError(Reason.CERTIFICATE_REVOKED, str(error)) from error
    known = await store.certificate(f"{int(peer['serialNumber'], 16):x}")
    if known is None:
        raise CertificateRefusedError(
            Reason.CERTIFICATE_UNKNOWN, "this certificate is not one that was issued to a UTM"
        )
    if known.utm_removed:
        raise CertificateRefusedError(Reason.UTM_REMOVED, "this UTM was removed")
    if known.revoked:
        raise CertificateRefusedError(Reason.CERTIFICATE_REVOKED, "this certificate was revoked")
    return known.tenant
