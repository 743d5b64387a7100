"""What stands in confd.log: sessions of administrators, and every change of the configuration.

- One line per object or node that a change touched; `count` is the number of the change's lines.
- Values of secret attributes are marks already in the recorded change.
- Lines are enqueued inside the transaction that they tell of.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlite_utils import Database

from utm.confd import Change, Entry
from utm.logs.catalogue import Daemon
from utm.logs.spool import enqueue

if TYPE_CHECKING:
    from utm.access.callers import Caller

CONFD_LOG: Final = "confd"
_CALLS: Final = {"created": "new_object", "changed": "change_object", "deleted": "del_object"}
_MOST_LETTERS: Final = 200


@dataclass(frozen=True, slots=True)
class ConfdLog:
    """confd's voice.

    Attributes:
        daemon: Its name in lines.
        ring: Called after the commit of lines.
        extra_lines: Whether ids of our own (4280 to 4299) may be written.
    """

    daemon: Daemon
    ring: Callable[[], None]
    extra_lines: bool = True

    def authenticated(self, db: Database, at: datetime, caller: "Caller") -> None:
        """Say that an administrator logged in (3106)."""
        self._say(db, "authenticated", at, {**caller.log_values(), "call": "new"})

    def refused(self, db: Database, at: datetime, caller: "Caller", reason: str) -> None:
        """Say that a login was refused, and why, if lines of our own are wanted."""
        if not self.extra_lines:
            return
        values = caller.log_values()
        del values["sid"]
        self._say(db, "authentication_failed", at, {**values, "reason": reason})

    def session_closed(self, db: Database, at: datetime, caller: "Caller") -> None:
        """Say that a session ended (3100)."""
        values = {**caller.log_values(), "call": "logout", "function": "logout"}
        self._say(db, "session_closed", at, values)

    def log_cleared(self, db: Database, at: datetime, caller: "Caller", file: str) -> None:
        """Say who cleared a log file, if lines of our own are wanted."""
        if self.extra_lines:
            values = {**caller.log_values(), "call": "clear_log", "file": file}
            self._say(db, "log_cleared", at, values)

    def changed(self, db: Database, change: Change, caller: "Caller | None" = None) -> None:
        """Say what a change did, one line per object and node (3100)."""
        who = {"user": change.user} if caller is None else caller.log_values()
        count = str(len(change.entries))
        lines = [
            self.daemon.line("object_changed", change.at, _values(entry, who, count))
            for entry in change.entries
        ]
        enqueue(db, CONFD_LOG, change.at, lines)

    def _say(self, db: Database, slug: str, at: datetime, values: dict[str, str]) -> None:
        enqueue(db, CONFD_LOG, at, [self.daemon.line(slug, at, values)])


def _values(entry: Entry, who: dict[str, str], count: str) -> dict[str, str]:
    if entry.kind == "node":
        subject = {"node": entry.key, "call": "set"}
    else:
        class_, _, type_ = entry.full_type.partition("/")
        subject = {"class": class_, "type": type_, "ref": entry.key, "objname": entry.name}
        subject["call"] = _CALLS[entry.effect]
    return {**subject, **who, "count": count, **dict(_attributes(entry))}


def _attributes(entry: Entry) -> Iterator[tuple[str, str]]:
    for name, value in entry.after.items():
        yield f"attr_{_key(name)}", _text(value)
    for name, value in entry.before.items():
        yield f"oldattr_{_key(name)}", _text(value)


def _key(name: str) -> str:
    # A key of a line holds small letters, digits, `_` and `-`; a node's is written with dots.
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "_-") else "_"
        for letter in name.lower()
    )


def _text(value: Any) -> str:
    text = _scalar(value)
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}..."


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)
