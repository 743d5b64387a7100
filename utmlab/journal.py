"""The journal of exchanges, for reading: text for people, JSON for programs.

Invariants:

* Shows what `foundation.net.journal` kept and nothing else: headers were redacted on the way in.
* Text is safe for a terminal: control characters of a body are written as escapes.

Provenance: ours.
"""

from __future__ import annotations

import fnmatch
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foundation.net.journal import as_record
from utmlab.decoding import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from foundation.net.journal import Exchange

BODY_LIMIT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which exchanges are looked for; what is empty or None excludes none.

    Attributes:
        endpoint: Only those of this endpoint id.
        path: Only those whose path matches this shell pattern.
        status: Only those answered with this status code; 0 stands for any.
        since: Only those from then on.
        until: Only those before then.
        text: Only those with this text in the path, a body as it is or as it reads decoded.
        reason: Only those refused with this reason code.
    """

    endpoint: str = ""
    path: str = ""
    status: int = 0
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    reason: str = ""

    def matches(self, exchange: Exchange) -> bool:
        """Whether an exchange is one of them."""
        return (
            (not self.endpoint or exchange.endpoint == self.endpoint)
            and (not self.path or fnmatch.fnmatchcase(exchange.path, self.path))
            and (not self.status or exchange.status == self.status)
            and (self.since is None or exchange.at >= self.since)
            and (self.until is None or exchange.at < self.until)
            and (not self.reason or exchange.reason == self.reason)
            and (not self.text or self._has_text(exchange))
        )

    def _has_text(self, exchange: Exchange) -> bool:
        said = (exchange.path, exchange.request_body, exchange.response_body)
        return any(self.text in one for one in said) or any(
            self.text in decoded(one) for one in said[1:]
        )


def select(exchanges: Iterable[Exchange], wanted: Wanted, *, last: int = 0) -> tuple[Exchange, ...]:
    """Return the exchanges that match, oldest first.

    Args:
        exchanges: What a journal holds.
        wanted: Which of them.
        last: At most this many, the newest ones; 0 for all.
    """
    chosen = [one for one in exchanges if wanted.matches(one)]
    return tuple(chosen[-last:] if last else chosen)


def as_line(exchange: Exchange) -> str:
    """Return one line: when, what, how it was answered and how long it took."""
    at = f"{exchange.at:%Y-%m-%dT%H:%M:%S}.{exchange.at.microsecond // 1000:03d}Z"
    who = f"  {exchange.endpoint}" if exchange.endpoint else ""
    request = f"{exchange.method} {printable(exchange.path)}"
    notes = "".join(
        f"  {name}: {printable(value)}"
        for name, value in (
            ("reason", exchange.reason),
            ("hint", exchange.hint),
            ("fault", exchange.injected),
        )
        if value
    )
    status = exchange.status or "---"
    return f"{at}  {status}  {exchange.milliseconds:8.2f} ms  {request}{who}{notes}"


def as_text(exchanges: Sequence[Exchange], *, bodies: bool = False, readable: bool = False) -> str:
    """Return the exchanges as text.

    Args:
        exchanges: Which.
        bodies: With headers and bodies below each line.
        readable: With the bodies decoded as well, beside the bytes; includes `bodies`.
    """
    if not (bodies or readable):
        return "".join(as_line(exchange) + "\n" for exchange in exchanges)
    return "\n".join(_in_full(exchange, readable=readable) for exchange in exchanges)


def as_json(exchanges: Iterable[Exchange]) -> str:
    """Return the exchanges as one JSON document, schema 1."""
    return json.dumps(
        {"schema": 1, "exchanges": [as_record(exchange) for exchange in exchanges]}, indent=2
    )


def with_decoded(exchange: Exchange) -> dict[str, Any]:
    """Return one exchange as JSON values, with what its bodies say where they can be read."""
    read = {
        "request_decoded": decoded(exchange.request_body),
        "response_decoded": decoded(exchange.response_body),
    }
    return as_record(exchange) | {name: text for name, text in read.items() if text}


def printable(text: str) -> str:
    """Return text that cannot move a terminal's cursor; line breaks and tabs stay."""
    return "".join(
        character
        if character in "\n\t" or character.isprintable()
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def _in_full(exchange: Exchange, *, readable: bool) -> str:
    lines = [as_line(exchange)]
    for mark, headers, body in (
        (">", exchange.request_headers, exchange.request_body),
        ("<", exchange.response_headers, exchange.response_body),
    ):
        lines += [f"  {mark} {name}: {printable(value)}" for name, value in headers.items()]
        if body:
            shown = body if len(body) <= BODY_LIMIT else body[:BODY_LIMIT] + " [cut]"
            lines += [f"  {mark} {line}" for line in printable(shown).splitlines()]
        read = decoded(body) if readable else ""
        lines += [f"  {mark}   | {line}" for line in printable(read).splitlines()]
    return "\n".join(lines) + "\n"
