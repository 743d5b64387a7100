"""Answers of the proxy itself, as bytes."""

from http import HTTPStatus

from foundation.webfilter.headers import VIA, write_head
from foundation.webfilter.pages import CONTENT_SECURITY_POLICY, Page

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TUNNEL_OPEN = write_head(b"HTTP/1.1 200 Connection established", ((b"Via", VIA),))


def status_line(status: int, reason: bytes = b"") -> bytes:
    """Return the status line; the standard reason unless another is given."""
    if not reason:
        try:
            reason = HTTPStatus(status).phrase.encode("ascii")
        except ValueError:
            reason = b""
    return b"HTTP/1.1 %d %s" % (status, reason)


def page_answer(
    status: int,
    page: Page,
    *,
    is_keep_alive: bool,
    is_head_request: bool = False,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> bytes:
    """Return a whole response with a page."""
    lines = [
        (b"Content-Type", page.content_type.encode("ascii")),
        (b"Content-Length", b"%d" % len(page.body)),
        (b"Cache-Control", b"no-store"),
        (b"Content-Security-Policy", CONTENT_SECURITY_POLICY.encode("ascii")),
        (b"X-Content-Type-Options", b"nosniff"),
        (b"Referrer-Policy", b"no-referrer"),
        (b"Connection", b"keep-alive" if is_keep_alive else b"close"),
        *headers,
    ]
    return write_head(status_line(status), lines) + (b"" if is_head_request else page.body)
