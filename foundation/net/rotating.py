"""A server's TLS context whose certificate and trust can be replaced while it listens.

- Connections that are open stay as they are; each new handshake gets the newest context.
- The swap happens in OpenSSL's server-name callback, which runs without a server name as well.
"""

import ssl


class RotatingContext:
    """One listener's context.

    Attributes:
        listening: What the listener is opened with; it hands every handshake on.
    """

    def __init__(self, first: ssl.SSLContext) -> None:
        self.listening = first
        self._newest = first
        first.sni_callback = self._hand_on

    def replace(self, newest: ssl.SSLContext) -> None:
        """Use another context from the next handshake on."""
        self._newest = newest

    def _hand_on(
        self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext
    ) -> None:
        if self._newest is not self.listening:
            connection.context = self._newest
