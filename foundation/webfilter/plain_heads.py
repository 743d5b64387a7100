"""Heads in the form that nearly all have, read by one pattern instead of a parser's callbacks.

- A plain request is a whole GET or HEAD of an http URL without body; a plain response says its
  length in one Content-Length. Every line is `Name: value` in visible ASCII, no name comes twice,
  nothing but a plain keep-alive concerns the connection.
- Whatever looks the least bit different is not plain, and llhttp reads it from its first byte: here
  nothing is refused, and no rule stands that is not the parser's too. A test holds both equal.
- The patterns never step back (possessive), so that they cost one pass over the bytes.

Provenance: RFC 9112, of which this is a part; the cut is ours.
"""

import re
from typing import Final

from foundation.webfilter.headers import Fields

_NAME: Final = rb"[A-Za-z0-9!#$%&'*+.^_`|~-]++"
_TEXT: Final = rb"[!-~][ -~]*+"
_LINES: Final = b"((?:" + _NAME + b": " + _TEXT + rb"\r\n)++)\r\n"
_REQUEST: Final = re.compile(
    rb"(GET|HEAD) (http://[A-Za-z0-9.-]++(?::[0-9]++)?/[A-Za-z0-9!$%&'()*+,./:;=?@_~-]*+) "
    rb"HTTP/1\.1\r\n" + _LINES
)
_RESPONSE: Final = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9]) (" + _TEXT + rb")\r\n" + _LINES)
_LINE: Final = re.compile(rb"([^:]++): ([^\r]++)\r\n")
_LENGTH: Final = re.compile(rb"[0-9]{1,15}")
_BODILESS: Final = frozenset({b"204", b"304"})

PlainRequest = tuple[str, bytes, Fields]
"""Method, target, fields."""

PlainResponse = tuple[int, bytes, Fields, int, int]
"""Status, reason, fields, where the body begins, and its length."""


def plain_request(data: bytes) -> PlainRequest | None:
    """Read bytes that are one plain request and nothing else; None for all others."""
    match = _REQUEST.fullmatch(data)
    if match is None:
        return None
    method, target, block = match.groups()
    fields = Fields(_LINE.findall(block))
    if not fields.pass_as_they_are() or fields.find(b"content-length") or not fields.find(b"host"):
        return None
    return method.decode("ascii"), target, fields


def plain_response(data: bytes) -> PlainResponse | None:
    """Read bytes that begin with the head of a plain response; None for all others."""
    match = _RESPONSE.match(data)
    if match is None:
        return None
    status, reason, block = match.groups()
    fields = Fields(_LINE.findall(block))
    length = fields.find(b"content-length")
    if status in _BODILESS or not fields.pass_as_they_are() or not _LENGTH.fullmatch(length):
        return None
    return int(status), reason, fields, match.end(), int(length)
