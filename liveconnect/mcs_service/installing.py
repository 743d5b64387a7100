"""The check before an installation; it registers nobody and changes nothing.

- The customer token is the registration token: a UTM has one of them.

Provenance: the call is documented (mcs-protocol 1.3 call 2); which products there are is ours.
"""

import base64
import binascii
import hashlib

from aiohttp import web

from foundation.protocol.computer_status import decode_computer_status
from foundation.protocol.deployment import DeploymentInfo, ProductAnswer
from foundation.protocol.reasons import Reason
from liveconnect.bodies import read_body
from liveconnect.mcs_service.context import JSON, McsContext
from liveconnect.mcs_service.documents import read_document
from liveconnect.refusals import CredentialsRefusedError

PRODUCTS = frozenset({"antivirus", "webcontrol", "autoupdate"})
"""What the packages of this LiveConnect can be."""


class Installing:
    """The handler of the check."""

    def __init__(self, context: McsContext) -> None:
        self._context = context

    async def deployment_info(self, request: web.Request) -> web.Response:
        """POST /install/deployment-info/2."""
        token = _customer_token(request.headers.get("Authorization"))
        computer = read_document(decode_computer_status, await read_body(request))
        await self._context.store.check_token(token)
        answer = DeploymentInfo(
            dci_file_name=hashlib.sha256(token.encode()).hexdigest()[:32],
            registration_token=token,
            products=tuple(_about(product) for product in computer.products_to_install),
        )
        return web.Response(body=answer.encode(), content_type=JSON)


def _about(product: str) -> ProductAnswer:
    supported = product in PRODUCTS
    return ProductAnswer(product, supported, () if supported else ("PRODUCT_UNKNOWN",))


def _customer_token(header: str | None) -> str:
    if header is None:
        raise CredentialsRefusedError(
            Reason.AUTHORIZATION_MISSING, "the request carries no Authorization"
        )
    scheme, _, encoded = header.partition(" ")
    try:
        token = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        token = ""
    if scheme.lower() != "basic" or not token:
        raise CredentialsRefusedError(
            Reason.AUTHORIZATION_MALFORMED, "the customer token comes as Basic, in base64"
        )
    return token
