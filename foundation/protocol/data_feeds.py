"""Data feeds: JSON that endpoints upload compressed, a zlib stream with its length said beforehand.

* The length is that of the text in characters; a sender that says another one is refused.
* A body is inflated piece by piece and given up as soon as it is over the limit, so that a small
  body which would grow without end costs no more than the limit.
* What lies in a feed is its reader's business; it is JSON or it is refused.

Provenance: documented (mcs-protocol 1.3, call 13); that the length is checked is ours.
"""

import json
import re
import zlib
from typing import ClassVar, Final

from foundation.errors import DomainError
from foundation.protocol.reasons import Reason

LENGTH_HEADER: Final = "X-Uncompressed-Content-Length"
ENCODING: Final = "deflate"
MOST_BYTES: Final = 10_000_000
"""The longest item, uncompressed (documented)."""
_STEP: Final = 65_536
_FEED_ID: Final = re.compile(r"[A-Za-z0-9_]{1,64}")


class DataFeedRefusedError(DomainError):
    """The body of a data feed is not what its headers say.

    Attributes:
        reason: Why, as a code.
    """

    code: ClassVar[str] = "data_feed_refused"
    hint: ClassVar[str] = "Send JSON as a zlib stream, with its length in characters in a header."

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def is_feed_id(text: str) -> bool:
    """Whether a feed may be called so; names of files are made of it."""
    return _FEED_ID.fullmatch(text) is not None


def compress(text: str) -> tuple[bytes, int]:
    """Return the body of a data feed and the length to announce."""
    return zlib.compress(text.encode()), len(text)


def inflate(body: bytes, announced: str | None, *, most: int = MOST_BYTES) -> str:
    """Return the JSON text in a body.

    Args:
        body: What was sent.
        announced: The value of the length header.
        most: The longest text that is taken, in bytes.

    Raises:
        DataFeedRefusedError: If it is too long, no zlib stream, of another length, or no JSON.
    """
    if announced is None or not (announced.isascii() and announced.isdigit()):
        raise DataFeedRefusedError(Reason.FIELD_MISSING, f"{LENGTH_HEADER} is not a number")
    plain = _inflated(body, most)
    try:
        text = plain.decode()
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataFeedRefusedError(Reason.JSON_MALFORMED, "the feed is not JSON") from error
    if len(text) != int(announced):
        raise DataFeedRefusedError(
            Reason.LENGTH_WRONG, f"{len(text)} characters came, {announced} were announced"
        )
    return text


def _inflated(body: bytes, most: int) -> bytes:
    stream, pending, plain = zlib.decompressobj(), body, bytearray()
    try:
        while pending and not stream.eof:
            plain += stream.decompress(pending, _STEP)
            if len(plain) > most:
                raise DataFeedRefusedError(
                    Reason.BODY_TOO_LARGE, f"the feed is over {most} bytes when inflated"
                )
            pending = stream.unconsumed_tail
        plain += stream.flush()
    except zlib.error as error:
        raise DataFeedRefusedError(Reason.ENCODING_WRONG, "the feed is no zlib stream") from error
    if not stream.eof or stream.unused_data:
        raise DataFeedRefusedError(Reason.ENCODING_WRONG, "the zlib stream is not whole")
    return bytes(plain)
