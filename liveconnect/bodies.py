"""The bodies of requests, whoever they are from."""

from aiohttp import web

from foundation.protocol.reasons import Reason
from liveconnect.refusals import DocumentTooLargeError


async def read_body(request: web.Request) -> bytes:
    """Return the body of a request.

    Raises:
        DocumentTooLargeError: If it is over the limit of the service that was asked.
    """
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise DocumentTooLargeError(
            Reason.BODY_TOO_LARGE, f"the body is over {request.client_max_size} bytes"
        ) from error
