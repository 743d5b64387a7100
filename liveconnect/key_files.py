"""The files of a PKI folder that all workers have in common, and changes of them.

- A change names files with their new content, None for one that goes. Files are written in one
  order, so that a kill in between leaves a CA that can go on.
- Private files are 0600. `server.key` and `server.crt` are each LiveConnect's own and not here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from foundation.durable.files import remove, write_atomic, write_secret

CA_CERTIFICATES: Final = "ca.crt"
CA_KEY: Final = "ca.key"
NEXT_KEY: Final = "next.key"
SWITCHED_AT: Final = "switched_at"
ROTATED: Final = "rotated"
KEYS: Final = (CA_KEY, CA_CERTIFICATES, "jwt.key", "enrolment.secret")
"""What is always there."""
# The key of a new CA before its certificate, which alone would look like a finished CA; the next
# key likewise: a certificate alone would look like a switch that is done. What goes, goes last.
# The date of the switch before the key: too early a date would hide who shows the old CA's work.
_ORDER: Final = (ROTATED, SWITCHED_AT, NEXT_KEY, *KEYS)
_PUBLIC: Final = frozenset({CA_CERTIFICATES, SWITCHED_AT, ROTATED})

Files = Mapping[str, bytes]
Changes = Mapping[str, bytes | None]


def read_files(folder: Path) -> dict[str, bytes]:
    """Return those files that are there."""
    paths = {name: folder / name for name in _ORDER}
    return {name: path.read_bytes() for name, path in paths.items() if path.exists()}


def write_changes(folder: Path, changes: Changes) -> None:
    """Write a change, each file in one step."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in sorted(changes, key=lambda name: (changes[name] is None, _ORDER.index(name))):
        content = changes[name]
        if content is None:
            remove(folder / name)
        else:
            (write_atomic if name in _PUBLIC else write_secret)(folder / name, content)


def changed(files: Files, changes: Changes) -> dict[str, bytes]:
    """Return the files as they are after a change."""
    after = {**files, **changes}
    return {name: content for name, content in after.items() if content is not None}


def difference(files: Files, wanted: Files) -> Changes:
    """Return the change that makes `files` the wanted ones."""
    names = [name for name in _ORDER if files.get(name) != wanted.get(name)]
    return {name: wanted.get(name) for name in names}
