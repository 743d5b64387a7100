"""Times in the database: ISO 8601 in UTC with microseconds; text order is time order."""

from datetime import UTC, datetime


def to_text(at: datetime) -> str:
    """Return an aware datetime as text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def to_text_or_none(at: datetime | None) -> str | None:
    """Return a datetime as text; None stays None."""
    return None if at is None else to_text(at)


def from_text(text: str) -> datetime:
    """Read what `to_text` wrote."""
    return datetime.fromisoformat(text)


def from_text_or_none(text: str | None) -> datetime | None:
    """Read what `to_text_or_none` wrote."""
    return None if text is None else datetime.fromisoformat(text)
