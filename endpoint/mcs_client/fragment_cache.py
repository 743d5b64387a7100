"""Pieces of large policies that came before: what has the same id is not fetched again.

- One folder per app under Cache; it holds the fragments of the policy stored last, and those of a
  policy whose fetching was interrupted.
- Only what an id names by content (SHA-256) is kept, and it is checked when it is taken: a damaged
  file is fetched again.

Provenance: that clients keep fragments by id is documented; folder and check are ours.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path

from foundation.durable.files import remove, write_atomic


class FragmentCache:
    """The fragments that one host holds.

    Args:
        folder: The client's Cache folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "Fragments"

    def find(self, app_id: str, fragment_id: str) -> bytes | None:
        """Return a fragment, or None when it is not held."""
        try:
            body = self._file(app_id, fragment_id).read_bytes()
        except OSError:
            return None
        return body if _is_named(fragment_id, body) else None

    def keep(self, app_id: str, fragment_id: str, body: bytes) -> None:
        """Keep a fragment whose id is its content's."""
        if app_id.isalnum() and _is_named(fragment_id, body):
            write_atomic(self._file(app_id, fragment_id), body, sync=False)

    def keep_only(self, app_id: str, fragment_ids: Collection[str]) -> None:
        """Give up the fragments of an app that its policy does not have any more."""
        if not app_id.isalnum():
            return
        folder = self._folder / app_id
        for path in tuple(folder.iterdir()) if folder.is_dir() else ():
            if path.name not in fragment_ids:
                remove(path)

    def _file(self, app_id: str, fragment_id: str) -> Path:
        # What is no hash names no file; neither does an app id with a separator in it.
        is_plain = app_id.isalnum() and fragment_id.isalnum()
        return self._folder / (app_id if is_plain else "-") / (fragment_id if is_plain else "-")


def _is_named(fragment_id: str, body: bytes) -> bool:
    return hashlib.sha256(body).hexdigest() == fragment_id
