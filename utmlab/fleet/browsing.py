"""What the people at an agent's computer do: Web Control events, drawn from a few sites. Pure.

* Events are as the endpoint's own Web Control writes them, by the same encoder.
* Everything is drawn from the agent's own random numbers: same seed, same events.

Provenance: ours; sites are of reserved names.
"""

import random
from datetime import datetime
from typing import Final

from foundation.protocol.events import Event, WebAction, WebControlEvent, event_id
from foundation.protocol.names import SWC
from foundation.protocol.timestamps import DEFAULT_TTL_S

_SITES: Final[tuple[tuple[str, WebAction, str, int, str], ...]] = (
    ("http://www.example.com/", "allow", "default", 200, "Business"),
    ("http://news.example.org/today", "allow", "default", 200, "News"),
    ("https://mail.example.net/", "allow", "default", 200, "Web Mail"),
    ("http://shop.example.com/cart?item=7", "warn", "category", 403, "Shopping"),
    ("http://games.example/play", "block", "category", 403, "Games"),
)


def browse(name: str, at: datetime, counter: int, rng: random.Random) -> Event:
    """Return the event of one request of a person.

    Args:
        name: The computer.
        at: When.
        counter: Counts the agent's events, so that ids differ within a moment.
        rng: The agent's random numbers.
    """
    url, action, reason, status, category = rng.choice(_SITES)
    body = WebControlEvent(
        at=at,
        user=f"{name}\\user",
        url=url,
        method="GET",
        action=action,
        reason=reason,
        category_name=category,
        size=rng.randrange(300, 90_000) if action == "allow" else 0,
        status_code=status,
        client_ip="127.0.0.1",
        user_agent="Mozilla/5.0",
        content_type="text/html",
    ).encode()
    return Event(SWC, at, DEFAULT_TTL_S, body, 0, event_id(at, counter))
