"""How a UTM comes to its identity, keeps it and loses it.

- Registering is the only call without a certificate; away from loopback it needs the enrolment
  secret of this LiveConnect.
- The same key is the same UTM: a repeated registration keeps id and token and raises the epoch.
"""

import hmac
import ipaddress
import uuid

from aiohttp import web

from foundation.protocol.link import (
    LinkDocumentMalformedError,
    RegisterRequest,
    Registration,
    decode_register_request,
    encode_document,
)
from foundation.protocol.reasons import Reason
from liveconnect.bodies import read_body
from liveconnect.enrolment import new_token
from liveconnect.link_service.context import LinkContext, read_object
from liveconnect.pki import digest_of_key, read_request
from liveconnect.refusals import CertificateRefusedError
from liveconnect.store.records import UtmRegistration

LONGEST_NAME = 200


class RegistrationCalls:
    """Handlers around the identity of a UTM."""

    def __init__(self, context: LinkContext) -> None:
        self._context = context

    async def register(self, request: web.Request) -> web.Response:
        """POST /link/v1/register."""
        context = self._context
        wanted = decode_register_request(await read_body(request))
        if not isinstance(wanted.csr_pem, str) or not isinstance(wanted.organization, str):
            raise LinkDocumentMalformedError("csr_pem and organization are texts")
        if _has_lone_surrogate(wanted.organization):
            raise LinkDocumentMalformedError("organization is no text")
        self._check_secret(request, wanted)
        authority = await context.with_newest_keys()
        registered = await context.store.register_utm(
            UtmRegistration(
                public_key_digest=digest_of_key(read_request(wanted.csr_pem)),
                organization=wanted.organization[:LONGEST_NAME],
                utm_id=str(uuid.uuid4()),
                token=new_token(),
                issue=lambda utm_id: authority.sign_utm(wanted.csr_pem, utm_id),
            ),
            context.now(),
        )
        context.log.record(
            "utm_registered",
            tenant=registered.tenant,
            organization=wanted.organization,
            epoch=registered.epoch,
            serial=registered.certificate.serial,
        )
        answer = Registration(
            utm_id=registered.tenant,
            certificate_chain_pem=registered.certificate.chain_pem,
            registration_token=registered.token,
            epoch=registered.epoch,
            mcs_url=context.mcs_url(),
            mcs_ca_pem=authority.ca_pem,
        )
        return web.Response(body=encode_document(answer), content_type="application/json")

    async def renew(self, request: web.Request, tenant: str) -> web.Response:
        """POST /link/v1/certificate: a new certificate from a new CSR."""
        csr_pem = (await read_object(request)).get("csr_pem")
        if not isinstance(csr_pem, str):
            raise LinkDocumentMalformedError("csr_pem is missing")
        authority = await self._context.with_newest_keys()
        certificate = authority.sign_utm(csr_pem, tenant)
        await self._context.store.renew_certificate(tenant, certificate, self._context.now())
        self._context.log.record("utm_renewed", tenant=tenant, serial=certificate.serial)
        return web.json_response({"certificate_chain_pem": certificate.chain_pem})

    async def trusted_ca(self, _request: web.Request, _tenant: str) -> web.Response:
        """GET /link/v1/ca: whom to trust, and whose key signs."""
        authority = await self._context.with_newest_keys()
        return web.json_response({"ca_pem": authority.ca_pem, "signer": authority.signer})

    async def reset_token(self, _request: web.Request, tenant: str) -> web.Response:
        """POST /link/v1/token/reset."""
        context, token = self._context, new_token()
        context.roster.apply(await context.store.replace_token(tenant, token, context.now()))
        context.log.record("token_reset", tenant=tenant)
        return web.json_response({"registration_token": token})

    async def remove(self, _request: web.Request, tenant: str) -> web.Response:
        """DELETE /link/v1/utm."""
        await self._context.store.remove_utm(tenant, self._context.now())
        self._context.log.record("utm_removed", tenant=tenant)
        return web.json_response({})

    def _check_secret(self, request: web.Request, wanted: RegisterRequest) -> None:
        if self._context.trusts_loopback and _is_loopback(request.remote):
            return
        secret = self._context.enrolment_secret.reveal().encode()
        if not hmac.compare_digest(str(wanted.secret).encode(), secret):
            raise CertificateRefusedError(
                Reason.ENROLMENT_SECRET_WRONG,
                "the UTM has to show this LiveConnect's enrolment secret",
            )


def _has_lone_surrogate(text: str) -> bool:
    """Tell whether JSON escapes made something that has no UTF-8 form."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
