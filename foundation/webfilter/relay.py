"""A response on its way from the origin to the client.

- The body is framed anew for the client: by length when the origin gave one, in chunks for
  HTTP/1.1, by the end of the connection for HTTP/1.0.
- What one read from the origin brought goes to the client in one write: a system call costs more
  than everything else here.
- Whoever keeps account is told before the end of an answer is written.
- A second look at the head may replace the whole response; then nothing of it is sent.
"""

from collections.abc import Callable

from foundation.webfilter.flow import Flow
from foundation.webfilter.heads import RequestHead, ResponseHead

SecondLook = Callable[[ResponseHead], bool]
"""Whether the response may go to the client."""

_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_KEEP_ALIVE = b"Connection: keep-alive\r\n\r\n"
_CLOSE = b"Connection: close\r\n\r\n"


class ResponseRelay:
    """Takes a response apart from the origin and writes it to the client."""

    __slots__ = (
        "_before_end",
        "_client",
        "_is_chunking",
        "_pieces",
        "_request",
        "_second_look",
        "body_bytes",
        "head",
        "is_complete",
        "is_keep_alive",
        "is_withheld",
    )

    def __init__(
        self,
        client: Flow,
        request: RequestHead,
        *,
        second_look: SecondLook | None,
        before_end: Callable[[], None] | None = None,
    ) -> None:
        self._before_end = before_end
        self._client, self._request, self._second_look = client, request, second_look
        self._is_chunking = False
        self._pieces: list[bytes] = []
        self.is_keep_alive = request.is_keep_alive and not request.is_upgrade
        self.is_withheld = False
        self.is_complete = False
        self.head: ResponseHead | None = None
        self.body_bytes = 0

    def on_head(self, head: ResponseHead) -> None:
        """Write the head, unless the second look forbids it."""
        self.head = head
        if self._second_look is not None and head.status != 101 and not self._second_look(head):
            self.is_withheld = True
        else:
            self._pieces.append(self._head_for_client(head))

    def on_body(self, piece: bytes) -> None:
        """Write a piece of the body."""
        if self.is_withheld:
            return
        self.body_bytes += len(piece)
        if self._is_chunking:
            piece = b"%x\r\n%b\r\n" % (len(piece), piece)
        self._pieces.append(piece)

    def on_end(self) -> None:
        """Write what ends the body."""
        self.is_complete = True
        if self._is_chunking and not self.is_withheld:
            self._pieces.append(b"0\r\n\r\n")

    def flush(self) -> None:
        """Write what was taken since the last time."""
        if self.is_complete and self._before_end is not None and not self.is_withheld:
            before_end, self._before_end = self._before_end, None
            before_end()
        pieces, self._pieces = self._pieces, []
        if pieces:
            self._client.write(b"".join(pieces) if len(pieces) > 1 else pieces[0])

    def let_go(self) -> None:
        """Forget whom to ask and to tell: without a circle, memory comes back at once."""
        self._second_look = self._before_end = None

    def _head_for_client(self, head: ResponseHead) -> bytes:
        lines = head.before_connection()
        if head.status == 101:
            upgrade = b", ".join(sorted(head.fields.tokens(b"upgrade")))
            return lines + b"Connection: Upgrade\r\nUpgrade: " + upgrade + b"\r\n\r\n"
        if head.has_body and not head.content_length:
            if self._request.version == "1.1":
                self._is_chunking = True
                lines += _CHUNKED
            else:
                self.is_keep_alive = False
        return lines + (_KEEP_ALIVE if self.is_keep_alive else _CLOSE)
