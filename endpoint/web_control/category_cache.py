"""What LiveConnect said of sites, remembered for as long as the answers hold.

- Bounded: the hosts that were asked about longest ago go first.
- Survives a restart: every answer is a line of a file, written at once, so that a killed process
  loses at most its last one. The file is written anew when it has grown to twice the bound.
- Within a run ages are counted by the loop's clock; after a restart by the wall clock, and an
  answer from the future counts as expired, so that a clock that was set back renews nothing.

Provenance: ours.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from foundation.categories.category import Category
from foundation.categories.lookup_document import (
    Answer,
    LookupDocumentError,
    decode_answer,
    encode_answer,
)
from foundation.durable.files import write_atomic
from foundation.service import Now

MOST_HOSTS: Final = 10_000


def cache_file(folder: Path) -> Path:
    """Return where Web Control remembers answers, in its own folder."""
    return folder / "categories.jsonl"


def answers_at(path: Path, now: datetime) -> dict[str, Answer]:
    """Return the stored answers that hold at a moment; nothing is written."""
    holding: dict[str, Answer] = {}
    for host, answer, learnt_at in _stored(path):
        holding.pop(host, None)
        if 0 <= (now - learnt_at) / timedelta(seconds=1) < answer.ttl_s:
            holding[host] = answer
    return holding


@dataclass(frozen=True, slots=True)
class _Entry:
    answer: Answer
    learnt_at: datetime
    ends_at_s: float


class CategoryCache:
    """The cache of one host.

    Args:
        path: Its file.
        now: The wall clock.
        clock: The clock of durations, in seconds.
        limit: How many hosts are remembered.
    """

    def __init__(
        self, path: Path, *, now: Now, clock: Callable[[], float], limit: int = MOST_HOSTS
    ) -> None:
        self._path = path
        self._now = now
        self._clock = clock
        self._limit = limit
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lines = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, host: str) -> Answer | None:
        """Return an answer that still holds."""
        entry = self._entries.get(host)
        if entry is None:
            return None
        if entry.ends_at_s <= self._clock():
            del self._entries[host]
            return None
        return entry.answer

    def lookup(self, host: str) -> Category | None:
        """Return the category of a host, as far as it is remembered."""
        answer = self.get(host)
        return answer.category if answer is not None else None

    def put(self, answers: dict[str, Answer]) -> None:
        """Remember answers."""
        now = self._now()
        for host, answer in answers.items():
            self._remember(host, _Entry(answer, now, self._clock() + answer.ttl_s))
        if self._lines + len(answers) > 2 * self._limit:
            self._write_anew()
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(b"".join(self._line(host) for host in answers if host in self._entries))
        self._lines += len(answers)

    def load(self) -> None:
        """Read what was remembered before."""
        self._entries.clear()
        now, clock = self._now(), self._clock()
        for host, answer, learnt_at in _stored(self._path):
            age_s = (now - learnt_at) / timedelta(seconds=1)
            self._entries.pop(host, None)
            if 0 <= age_s < answer.ttl_s:
                self._remember(host, _Entry(answer, learnt_at, clock + answer.ttl_s - age_s))
        self._write_anew()

    def _remember(self, host: str, entry: _Entry) -> None:
        self._entries[host] = entry
        self._entries.move_to_end(host)
        while len(self._entries) > self._limit:
            self._entries.popitem(last=False)

    def _write_anew(self) -> None:
        if not self._entries and not self._path.exists():
            return
        write_atomic(self._path, b"".join(map(self._line, self._entries)), sync=False)
        self._lines = len(self._entries)

    def _line(self, host: str) -> bytes:
        entry = self._entries[host]
        document: dict[str, Any] = {"host": host, "at": entry.learnt_at.isoformat()}
        # The newline comes first: a torn line before it cannot take this one along.
        return b"\n" + json.dumps(document | encode_answer(entry.answer)).encode()


def _stored(path: Path) -> Iterator[tuple[str, Answer, datetime]]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            document = json.loads(line)
            learnt_at = datetime.fromisoformat(document["at"])
            answer = decode_answer(document)
            host = str(document["host"])
        except (ValueError, KeyError, TypeError, LookupDocumentError):
            continue  # torn by a kill: it is asked for again
        if learnt_at.tzinfo is not None:
            yield host, answer, learnt_at
