"""What follows from the answers to responses and data feeds (mcs-protocol 1.6).

* Neither counts as a failure of the client: the next poll is not put off by it.
* A response that is refused for what it is goes; one that met trouble waits for its 300 seconds.

Provenance: documented.
"""

import json
from dataclasses import dataclass
from typing import Final

from endpoint.mcs_client.outcome import Answer, Outcome

DEFAULT_RETRY_AFTER_S: Final = 60.0
_LOST_RESPONSE: Final = frozenset({200, 400, 413, 500, 503})


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseReaction:
    """What becomes of a response: dropped or kept, and whether all others go with it."""

    drop: bool = False
    drop_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReaction:
    """What becomes of a feed.

    Attributes:
        drop: This item goes.
        purge: Everything of this feed goes.
        forget_token: A new access token is wanted.
        stop: This round ends.
        wait_s: The next round is that far away, at least.
    """

    drop: bool = False
    purge: bool = False
    forget_token: bool = False
    stop: bool = False
    wait_s: float = 0.0


def response_reaction(outcome: Outcome) -> ResponseReaction:
    """Tell what follows from the answer to a response."""
    status = outcome.status if isinstance(outcome, Answer) else 0
    return ResponseReaction(drop=status in _LOST_RESPONSE, drop_all=status == 403)


def feed_reaction(outcome: Outcome) -> FeedReaction:
    """Tell what follows from the answer to a data feed."""
    status = outcome.status if isinstance(outcome, Answer) else 0
    if status in {200, 413}:
        return FeedReaction(drop=True)
    if status == 403:
        return FeedReaction(purge=True, forget_token=True, stop=True)
    if status == 401:
        return FeedReaction(forget_token=True, stop=True)
    if status == 429 and isinstance(outcome, Answer):
        return FeedReaction(purge=_purge(outcome), stop=True, wait_s=_retry_after_s(outcome))
    return FeedReaction(stop=True)


def _purge(answer: Answer) -> bool:
    try:
        content = json.loads(answer.body)
    except ValueError:
        return True
    purge = content.get("purge", True) if isinstance(content, dict) else True
    return purge is not False


def _retry_after_s(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdigit() else DEFAULT_RETRY_AFTER_S
