"""Bodies of requests: JSON within bounds, or a refusal that says what is wrong with them."""

from typing import Any, Final

from aiohttp import web

from utm.restd.errors import refusal
from utm.strict_json import DEEPEST, TooDeepError, strict_json

MOST_BYTES: Final = 1024 * 1024


async def read_body(request: web.Request) -> bytes:
    """Return the body of a request.

    Raises:
        RequestRefusedError: If it is too large, or not encoded as it says; the rest of it is not
            read.
    """
    parts, size = [], 0
    try:
        async for part in request.content.iter_any():
            size += len(part)
            if size > MOST_BYTES:
                sentence = f"The body has more than {MOST_BYTES} bytes."
                raise refusal(413, "BODY_TOO_LARGE", sentence, {"Connection": "close"})
            parts.append(part)
    except web.RequestPayloadError as error:
        sentence = "The body is not encoded as Content-Encoding or Transfer-Encoding says."
        raise refusal(400, "BODY_NOT_READABLE", sentence, {"Connection": "close"}) from error
    return b"".join(parts)


def parsed(body: bytes) -> Any:
    """Return the JSON value of a body.

    Raises:
        RequestRefusedError: If it is not JSON, or not within bounds.
    """
    try:
        return strict_json(body)
    except UnicodeError as error:
        reason = getattr(error, "reason", error)
        raise refusal(400, "BODY_NOT_JSON", f"The body is no text of UTF-8: {reason}.") from error
    except TooDeepError as error:
        raise refusal(400, "BODY_TOO_DEEP", f"The body is nested deeper than {DEEPEST}.") from error
    except ValueError as error:
        raise refusal(400, "BODY_NOT_JSON", f"The body is not JSON: {error}.") from error


def parsed_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body.

    Raises:
        RequestRefusedError: If it is none.
    """
    value = parsed(body)
    if not isinstance(value, dict):
        raise refusal(400, "BODY_NOT_OBJECT", "The body has to be a JSON object.")
    return value
