"""How long what waits for sending is kept: two months, and so many files.

- What is older, or too much, is dropped, oldest first; how much was dropped is counted on disk.
- Looks at its folder when it is new, then after so many additions or an hour, because counting
  files costs time.
- An id begins with its time (`YYYYMMDDhhmmss`), so nothing is opened to learn its age.

Provenance: that activity is kept while offline is the seed's, two months the issue's; the bound on
files is ours.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from foundation.durable.files import remove, write_atomic
from foundation.service import Now

LONGEST_AGE: Final = timedelta(days=62)
MOST_FILES: Final = 50_000
_AFTER: Final = 500
_OFTEN: Final = timedelta(hours=1)
_COUNT: Final = "dropped"
_STAMP: Final = "%Y%m%d%H%M%S"


class Retention:
    """Keeps one spool within its bounds.

    Args:
        folder: The spool: files `<id>.json`.
        now: The present.
        most: How many files are kept.
    """

    def __init__(self, folder: Path, *, now: Now, most: int = MOST_FILES) -> None:
        self._folder = folder
        self._now = now
        self._most = most
        self._added = 0
        self._looked_at: datetime | None = None

    def added(self, number: int = 1) -> int:
        """Note additions; return how many files were dropped now."""
        self._added += number
        now = self._now()
        is_fresh = self._looked_at is not None and abs(now - self._looked_at) < _OFTEN
        if is_fresh and self._added < min(_AFTER, self._most):
            return 0
        self._added, self._looked_at = 0, now
        return self.trim()

    def trim(self) -> int:
        """Drop what is too old or too much; return how many files that were."""
        names = sorted(path.name for path in self._folder.glob("*.json"))
        oldest = (self._now() - LONGEST_AGE).strftime(_STAMP)
        old = sum(1 for name in names if name[:14].isdigit() and name[:14] < oldest)
        dropped = names[: max(old, len(names) - self._most)]
        for name in dropped:
            remove(self._folder / name, sync=False)
        if dropped:
            count = dropped_in(self._folder) + len(dropped)
            write_atomic(self._folder / _COUNT, str(count).encode())
        return len(dropped)


def dropped_in(folder: Path) -> int:
    """Return how much was ever dropped from a spool."""
    try:
        return int((folder / _COUNT).read_text())
    except (FileNotFoundError, ValueError):
        return 0
