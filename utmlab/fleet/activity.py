"""What the people at a fleet's computers do on the web: events as Web Control reports them."""

import random
from datetime import datetime
from typing import Final

from foundation.protocol.events import (
    Event,
    WebAction,
    WebControlEvent,
    encode_events,
    event_id,
)
from foundation.protocol.names import SWC
from foundation.protocol.timestamps import DEFAULT_TTL_S
from foundation.webfilter.verdict import VerdictReason

_SITES: Final[tuple[tuple[str, WebAction, VerdictReason], ...]] = (
    ("http://news.example/", "allow", VerdictReason.DEFAULT),
    ("http://shop.example/basket", "allow", VerdictReason.DEFAULT),
    ("http://games.example/play", "block", VerdictReason.CATEGORY),
    ("http://video.example/watch", "warn", VerdictReason.TAG),
)


def browsing(name: str, at: datetime, rng: random.Random) -> bytes:
    """Return the document of one event of a computer."""
    url, action, reason = rng.choice(_SITES)
    event = WebControlEvent(
        at=at, user=f"{name}\\user", url=url, method="GET", action=action, reason=reason.value
    )
    identity = event_id(at, rng.getrandbits(16))
    return encode_events([Event(SWC, at, DEFAULT_TTL_S, event.encode(), 0, identity)])
