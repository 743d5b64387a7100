"""What endpoints upload as data feeds: kept for two weeks, each upload once."""

import hashlib
from datetime import datetime, timedelta

from liveconnect.store.instants import from_text, to_text
from liveconnect.store.records import DataFeed
from liveconnect.store.sql import Sql

KEPT_FOR = timedelta(days=14)
"""As long as an endpoint keeps what it could not send (documented)."""


def record_feed(database: Sql, feed: DataFeed) -> bool:
    """Store an upload; return whether it is new: one that is sent again changes nothing."""
    return bool(
        database.execute(
            "INSERT INTO data_feeds VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (endpoint_id, feed_id, digest) DO NOTHING",
            [
                feed.tenant,
                feed.endpoint_id,
                feed.feed_id,
                hashlib.sha256(feed.body.encode()).hexdigest(),
                feed.body,
                to_text(feed.at),
            ],
        ).rowcount
    )


def feeds(
    database: Sql, tenant: str, endpoint_id: str, feed_id: str | None
) -> tuple[DataFeed, ...]:
    """Return what an endpoint uploaded, oldest first."""
    rows = database.execute(
        "SELECT tenant, endpoint_id, feed_id, body, stored_at FROM data_feeds "
        "WHERE tenant = ? AND endpoint_id = ? AND (feed_id = ? OR ? = '') "
        "ORDER BY stored_at, digest",
        [tenant, endpoint_id, feed_id or "", feed_id or ""],
    )
    return tuple(
        DataFeed(
            tenant=row[0], endpoint_id=row[1], feed_id=row[2], body=row[3], at=from_text(row[4])
        )
        for row in rows
    )


def forget_old_feeds(database: Sql, at: datetime) -> None:
    """Forget uploads that are older than anybody may expect them to be."""
    database.execute("DELETE FROM data_feeds WHERE stored_at < ?", [to_text(at - KEPT_FOR)])
