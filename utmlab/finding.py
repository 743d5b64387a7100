"""One thing that the doctor saw.

- A level: `ok`, `warning` (it waits, or will settle itself), `error` (it will not).
"""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the doctor saw."""

    level: Level
    subject: str
    sentence: str
