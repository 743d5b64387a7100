"""Small JSON documents in a folder, one per thing that waits.

* A name can be made of any id, and different ids have different names.
* Order is the number a name begins with, not a clock's.
* A document that cannot be read is set aside as ``.damaged``; the ones behind it go on.

Provenance: ours.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from foundation.durable.files import write_atomic

_VERSION: Final = 1


def plain_name(name: str) -> str:
    """A file-system name for any id; different ids keep different names."""
    quoted = quote(name, safe="")
    # '-' separates the parts of our names and '.' could make a hidden or a parent name.
    quoted = quoted.replace("-", "%2D").replace(".", "%2E")
    if len(quoted) <= 100:
        return quoted
    return f"{quoted[:60]}%{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def numbered(folder: Path, pattern: str = "*-*.json") -> list[Path]:
    """Files in the order of the number they begin with."""
    return sorted(folder.glob(pattern), key=_number)


def _number(path: Path) -> int:
    digits = path.name.partition("-")[0]
    return int(digits) if digits.isdecimal() else 0


def next_number(files: list[Path]) -> int:
    """The number after the last of the files."""
    return _number(files[-1]) + 1 if files else 1


def write_document(path: Path, **fields: Any) -> None:
    """Write one document; returns when it is on disk."""
    write_atomic(path, json.dumps({"version": _VERSION, **fields}, ensure_ascii=False).encode())


def read_document(path: Path) -> dict[str, Any] | None:
    """One document; None when it went meanwhile or is damaged, which is set aside for a person."""
    try:
        document = json.loads(path.read_bytes())
        if isinstance(document, dict) and document.get("version") == _VERSION:
            return document
        damaged = not isinstance(document, dict)
    except FileNotFoundError:
        return None
    except ValueError:
        damaged = True
    if damaged:
        path.replace(path.with_suffix(".damaged"))
    return None
