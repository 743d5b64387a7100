"""Secrets that cannot slip into a log, a page or a trace by accident.

- `Secret` shows itself as `[redacted]`; only `reveal()` gives the value.
- Headers that carry credentials are redacted by name before anything stores them.
"""

import hmac
from collections.abc import Mapping

REDACTED = "[redacted]"
_SECRET_HEADERS = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization", "x-control-token"}
)


class Secret:
    """A value that is compared in constant time and never printed."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return REDACTED

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with every credential replaced by `[redacted]`.

    The scheme of an Authorization header (`Basic`, `Bearer`) stays, since it tells which call
    was made.
    """
    shown = {}
    for name, value in headers.items():
        if name.lower() not in _SECRET_HEADERS:
            shown[name] = value
        elif name.lower() == "authorization" and " " in value:
            shown[name] = f"{value.split(' ', 1)[0]} {REDACTED}"
        else:
            shown[name] = REDACTED
    return shown
