"""What an error of the transport comes to.

Provenance: which failures there are is mcs-protocol 1.1's and 1.6's (public).
"""

from typing import Final

import aiohttp

from endpoint.mcs_client.outcome import Breakdown, NoAnswer


class BodyTooLongError(Exception):
    """A body over its limit."""


class ProxyRefusedError(Exception):
    """A proxy or relay that opens no tunnel."""


_BREAKDOWNS: Final[tuple[tuple[type[Exception], Breakdown], ...]] = (
    # Most special first: aiohttp's errors derive from one another and from OSError.
    (BodyTooLongError, Breakdown.BODY_TOO_LONG),
    (ProxyRefusedError, Breakdown.CONNECT),
    (aiohttp.ClientPayloadError, Breakdown.BODY_TOO_SHORT),
    (aiohttp.ClientSSLError, Breakdown.CERTIFICATE),
    (aiohttp.ConnectionTimeoutError, Breakdown.CONNECT),
    (TimeoutError, Breakdown.TIMEOUT),
    (aiohttp.ClientConnectorError, Breakdown.CONNECT),
    (aiohttp.ClientResponseError, Breakdown.MALFORMED),
    (aiohttp.InvalidURL, Breakdown.MALFORMED),
)
TRANSPORT_ERRORS: Final = (aiohttp.ClientError, OSError, BodyTooLongError, ProxyRefusedError)
"""What to catch: each of them is a breakdown."""


def no_answer(error: Exception) -> NoAnswer:
    """Return what an error of the transport comes to."""
    detail = str(error) or type(error).__name__
    for kind, breakdown in _BREAKDOWNS:
        if isinstance(error, kind):
            return NoAnswer(breakdown, detail)
    return NoAnswer(Breakdown.RESET, detail)
