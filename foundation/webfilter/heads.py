"""Heads of requests and responses, whoever read them."""

from foundation.webfilter.answers import status_line
from foundation.webfilter.headers import VIA, Fields

_VIA = b"Via: " + VIA


class RequestHead:
    """The head of a request, as bytes came; `target` is whatever stood in the request line.

    `content_length` is the announced length or nothing; the parser has checked it.
    """

    __slots__ = (
        "_fields",
        "content_length",
        "has_body",
        "is_chunked",
        "is_keep_alive",
        "is_upgrade",
        "method",
        "referer",
        "target",
        "user_agent",
        "version",
    )

    def __init__(
        self,
        method: str,
        target: str,
        version: str,
        fields: Fields,
        *,
        is_keep_alive: bool,
        is_upgrade: bool,
    ) -> None:
        self.method, self.target, self.version, self._fields = method, target, version, fields
        self.is_keep_alive, self.is_upgrade = is_keep_alive, is_upgrade
        self.is_chunked = bool(fields.find(b"transfer-encoding"))
        self.content_length = fields.find(b"content-length")
        self.has_body = self.is_chunked or self.content_length.strip(b"0") != b""
        self.referer = self.text(b"referer")
        self.user_agent = self.text(b"user-agent")

    @property
    def fields(self) -> Fields:
        """All header lines."""
        return self._fields

    def text(self, name: bytes) -> str:
        """Return a header's first value as text."""
        return self.fields.find(name).decode("latin-1")

    def after_host(self) -> bytes:
        """Return what an origin is told after the request line and Host, to the end of the head."""
        lines = [*self.fields.for_origin(), _VIA]
        if self.is_chunked:
            lines.append(b"Transfer-Encoding: chunked")
        elif self.content_length:
            lines.append(b"Content-Length: " + self.content_length)
        if self.is_websocket:
            lines.append(b"Connection: Upgrade\r\nUpgrade: websocket")
        lines.append(b"\r\n")
        return b"\r\n".join(lines)

    @property
    def is_websocket(self) -> bool:
        """Whether it asks for the one upgrade that is forwarded."""
        return self.is_upgrade and self.fields.tokens(b"upgrade") == {b"websocket"}


class ResponseHead:
    """Status line and headers of a response, and how its body is framed."""

    __slots__ = (
        "_fields",
        "content_length",
        "content_type",
        "has_body",
        "is_keep_alive",
        "reason",
        "status",
    )

    def __init__(
        self, status: int, reason: bytes, fields: Fields, *, is_keep_alive: bool, has_body: bool
    ) -> None:
        self.status, self.reason, self._fields = status, reason, fields
        self.is_keep_alive, self.has_body = is_keep_alive, has_body
        self.content_length = fields.find(b"content-length")
        self.content_type = fields.find(b"content-type").decode("latin-1")

    @property
    def fields(self) -> Fields:
        """All header lines."""
        return self._fields

    def before_connection(self) -> bytes:
        """Return what a client is told before its Connection line."""
        lines = [status_line(self.status, self.reason), *self.fields.for_client(), _VIA]
        if self.content_length and self.status != 101:
            lines.append(b"Content-Length: " + self.content_length)
        lines.append(b"")
        return b"\r\n".join(lines)
