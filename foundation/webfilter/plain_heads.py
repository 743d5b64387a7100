"""Heads in the form that nearly all have, read by one pattern instead of a parser's callbacks.

- A plain request is a whole GET or HEAD of an http URL without body, its Host line first; a plain
  response says its length in one Content-Length. Every line is `Name: value` in visible ASCII, and
  nothing but one plain keep-alive concerns the connection. What is wanted of the lines comes once.
- Whatever looks the least bit different is not plain, and llhttp reads it from its first byte: here
  nothing is refused, and no rule stands that is not the parser's too. A test holds both equal.
- The patterns never step back (possessive), so that they cost one pass over the bytes.

Provenance: RFC 9112, of which this is a part; the cut is ours.
"""

import re
from typing import Final

from foundation.webfilter.headers import HOP_BY_HOP, VIA, Fields
from foundation.webfilter.heads import RequestHead, ResponseHead

_NAME: Final = rb"[A-Za-z0-9!#$%&'*+.^_`|~-]++"
_TEXT: Final = rb"[!-~][ -~]*+"
_KEEP_ALIVE: Final = b"[Kk]eep-[Aa]live"


def _named(name: bytes) -> bytes:
    """Return the pattern of a header's name, whatever its case (a class is faster than a flag)."""
    return b"".join(
        b"[%c%c]" % (letter, letter - 32) if 97 <= letter <= 122 else re.escape(b"%c" % letter)
        for letter in name
    )


def _once(group: int, name: bytes, value: bytes) -> bytes:
    """Return the pattern of a line that may come once, with its value as that group."""
    return b"%b: (?(%d)(?!)|(%b))\r\n" % (_named(name), group, value)


def _lines(once: tuple[bytes, ...], never: frozenset[bytes]) -> bytes:
    """Return the pattern of all lines: these once each, none of those names, any other."""
    names = b"|".join(_named(name) for name in sorted(never))
    other = b"(?!(?:%b):)%b: %b\r\n" % (names, _NAME, _TEXT)
    return b"(?:" + b"|".join((*once, other)) + b")*+"


_REQUEST: Final = re.compile(
    rb"(GET|HEAD) (http://[A-Za-z0-9.-]++(?::[0-9]++)?/[A-Za-z0-9!$%&'()*+,./:;=?@_~-]*+) "
    rb"HTTP/1\.1\r\n" + _named(b"host") + b": " + _TEXT + b"\r\n"
    b"("
    + _lines(
        (
            _once(4, b"user-agent", _TEXT),
            _once(5, b"referer", _TEXT),
            b"(?(6)(?!)|((?:%b)?%b: %b\r\n))"
            % (_named(b"proxy-"), _named(b"connection"), _KEEP_ALIVE),
        ),
        HOP_BY_HOP | {b"host", b"user-agent", b"referer"},
    )
    + b")\r\n"
)
_RESPONSE: Final = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9]) (" + _TEXT + b")\r\n"
    b"("
    + _lines(
        (
            _once(4, b"content-length", b"[0-9]{1,15}+"),
            _once(5, b"content-type", _TEXT),
            b"(?(6)(?!)|(%b: %b\r\n))" % (_named(b"connection"), _KEEP_ALIVE),
        ),
        HOP_BY_HOP | {b"content-type"},
    )
    + b")\r\n"
)
_VERSION: Final = len(" HTTP/1.1\r\n")
_LINE: Final = re.compile(rb"([^:]++): ([^\r]++)\r\n")
_BODILESS: Final = frozenset({b"204", b"304"})
_END: Final = b"Via: " + VIA + b"\r\n"


class PlainRequestHead(RequestHead):
    """The head of a plain request; its lines are taken apart when somebody wants them."""

    __slots__ = ("_match",)

    version = "1.1"
    is_keep_alive, is_upgrade, is_chunked, has_body = True, False, False, False
    content_length = b""

    def __init__(self, match: re.Match[bytes]) -> None:
        method, target, _, user_agent, referer, _ = match.groups(b"")
        self.method, self.target = method.decode("ascii"), target.decode("ascii")
        self.user_agent, self.referer = user_agent.decode("ascii"), referer.decode("ascii")
        self._match = match

    @property
    def fields(self) -> Fields:
        """All header lines."""
        match = self._match
        return Fields(_LINE.findall(match.string, match.end(2) + _VERSION, match.end(3)))

    def after_host(self) -> bytes:
        """Return what an origin is told after the request line and Host, to the end of the head."""
        return _passing(self._match) + _END + b"\r\n"


class PlainResponseHead(ResponseHead):
    """The head of a plain response; its lines are taken apart when somebody wants them.

    `end` is where the body begins in what was read, `length` how long it is.
    """

    __slots__ = ("_match", "end", "length")

    is_keep_alive, has_body = True, True

    def __init__(self, match: re.Match[bytes]) -> None:
        status, self.reason, _, self.content_length, content_type, _ = match.groups(b"")
        self.status, self.length = int(status), int(self.content_length)
        self.content_type = content_type.decode("ascii")
        self._match, self.end = match, match.end()

    @property
    def fields(self) -> Fields:
        """All header lines."""
        return Fields(_LINE.findall(self._match[3]))

    def before_connection(self) -> bytes:
        """Return what a client is told before its Connection line."""
        match = self._match
        return match.string[: match.start(3)] + _passing(match) + _END


def plain_request(data: bytes) -> PlainRequestHead | None:
    """Read bytes that are one plain request and nothing else; None for all others."""
    match = _REQUEST.fullmatch(data)
    return PlainRequestHead(match) if match is not None else None


def plain_response(data: bytes) -> PlainResponseHead | None:
    """Read bytes that begin with the head of a plain response; None for all others."""
    match = _RESPONSE.match(data)
    if match is None or match[4] is None or match[1] in _BODILESS:
        return None
    return PlainResponseHead(match)


def _passing(match: re.Match[bytes]) -> bytes:
    """Return the lines that do not end here: all but the one of the connection."""
    begin, end = match.span(6)
    if begin < 0:
        return match[3]
    data = match.string
    return data[match.start(3) : begin] + data[end : match.end(3)]
