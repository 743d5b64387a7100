"""The journal of exchanges, for reading: text for people, JSON for programs.

Invariants:

* Shows what `foundation.net.journal` kept and nothing else: headers were redacted on the way in.
* Text is safe for a terminal: control characters of a body are written as escapes.

Provenance: ours.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from foundation.net.journal import Exchange

BODY_LIMIT = 2000


def select(
    exchanges: Iterable[Exchange],
    *,
    endpoint: str = "",
    path: str = "",
    status: int = 0,
    last: int = 0,
) -> tuple[Exchange, ...]:
    """Return the exchanges that match, oldest first.

    Args:
        exchanges: What a journal holds.
        endpoint: Only those of this endpoint id.
        path: Only those whose path matches this shell pattern.
        status: Only those answered with this status code.
        last: At most this many, the newest ones; 0 for all.
    """
    chosen = [
        exchange
        for exchange in exchanges
        if (not endpoint or exchange.endpoint == endpoint)
        and (not path or fnmatch.fnmatchcase(exchange.path, path))
        and (not status or exchange.status == status)
    ]
    return tuple(chosen[-last:] if last else chosen)


def as_line(exchange: Exchange) -> str:
    """Return one line: when, what, how it was answered and how long it took."""
    at = f"{exchange.at:%Y-%m-%dT%H:%M:%S}.{exchange.at.microsecond // 1000:03d}Z"
    who = f"  {exchange.endpoint}" if exchange.endpoint else ""
    request = f"{exchange.method} {printable(exchange.path)}"
    return f"{at}  {exchange.status}  {exchange.milliseconds:8.2f} ms  {request}{who}"


def as_text(exchanges: Sequence[Exchange], *, bodies: bool = False) -> str:
    """Return the exchanges one per line, or with headers and bodies below each line."""
    if not bodies:
        return "".join(as_line(exchange) + "\n" for exchange in exchanges)
    return "\n".join(_in_full(exchange) for exchange in exchanges)


def as_json(exchanges: Iterable[Exchange]) -> str:
    """Return the exchanges as one JSON document, schema 1."""
    return json.dumps(
        {"schema": 1, "exchanges": [as_record(exchange) for exchange in exchanges]}, indent=2
    )


def as_record(exchange: Exchange) -> dict[str, Any]:
    """Return one exchange as JSON values; the time is ISO 8601 in UTC."""
    return dataclasses.asdict(exchange) | {"at": exchange.at.isoformat()}


def printable(text: str) -> str:
    """Return text that cannot move a terminal's cursor; line breaks and tabs stay."""
    return "".join(
        character
        if character in "\n\t" or character.isprintable()
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def _in_full(exchange: Exchange) -> str:
    lines = [as_line(exchange)]
    lines += [f"    {name}: {printable(value)}" for name, value in exchange.request_headers.items()]
    for mark, body in ((">", exchange.request_body), ("<", exchange.response_body)):
        if body:
            shown = body if len(body) <= BODY_LIMIT else body[:BODY_LIMIT] + " [cut]"
            lines += [f"  {mark} {line}" for line in printable(shown).splitlines()]
    return "\n".join(lines) + "\n"
