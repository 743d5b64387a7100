r"""How a data feed may be sent: the file ``Config\datafeed-config-FEED.json``, or the defaults.

* A file that cannot be read, or a value that is no positive number, counts as its default.

Provenance: the file and the defaults are documented (mcs-protocol 1.5); the keys are ours.
"""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLimits:
    """The limits of one feed.

    Attributes:
        retention_seconds: What is older is dropped.
        max_backlog_bytes: The oldest goes when more than this waits.
        max_send_freq_seconds: The shortest time between two rounds.
        max_upload_bytes: The most that one round sends.
        max_item_size_bytes: A larger file is dropped.
    """

    retention_seconds: int = 14 * 86_400
    max_backlog_bytes: int = 1_000_000_000
    max_send_freq_seconds: int = 5
    max_upload_bytes: int = 10_000_000
    max_item_size_bytes: int = 10_000_000


def limits_of(config_folder: Path, feed_id: str) -> FeedLimits:
    """Read the limits of a feed."""
    try:
        content = json.loads((config_folder / f"datafeed-config-{feed_id}.json").read_bytes())
    except (OSError, ValueError):
        content = None
    values: dict[str, Any] = content if isinstance(content, dict) else {}
    known = {one.name for one in fields(FeedLimits)}
    return FeedLimits(
        **{
            name: value
            for name, value in values.items()
            if name in known and type(value) is int and value > 0
        }
    )
