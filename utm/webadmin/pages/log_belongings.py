"""What a log line belongs to: changes, changesets, objects, computers, sessions, a policy test.

- What a line names itself (a reference, a number, a session) is certain. A line that names nothing,
  such as 4233, belongs to what happened in the same second; where that is more than one thing, each
  is given, and `is_certain` is false.
- Nothing is taken from a line but looked up: what no longer exists is told by its name alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from sqlite_utils import Database

from utm.confd import Change, Confd, Snapshot
from utm.epsecd import changesets, endpoints
from utm.epsecd.changesets import StoredChangeset
from utm.logs.catalogue import Message, local_time
from utm.logs.grammar import STAMP_FORMAT, ParsedLine
from utm.webadmin.pages.log_showing import is_web

CHANGES: Final = "/management/webadmin/changes"
SESSIONS: Final = "/management/webadmin/sessions"
COMPUTERS: Final = "/endpoint-protection/computer-management/computers"
POLICY_TEST: Final = "/web-protection/policy-helpdesk/test"
SYNC: Final = "/sync"
MOST: Final = 20
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Belonging:
    """One thing that a line belongs to; `path` is empty when there is no page about it (any more).

    Attributes:
        what: Such as "Changeset".
        name: What it is called.
        path: Of its page.
        note: What else is known of it.
        is_certain: Whether the line names it.
    """

    what: str
    name: str
    path: str = ""
    note: str = ""
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class Telling:
    """What belongs to a line, and the change behind it, if there is one."""

    belongings: tuple[Belonging, ...]
    changes: tuple[Change, ...] = ()


def tell(
    db: Database,
    line: ParsedLine,
    message: Message,
    zone: ZoneInfo,
    object_path: Callable[[str, str], str],
) -> Telling:
    """Return what a line belongs to.

    Args:
        db: The open database.
        line: The line.
        message: What it is.
        zone: The appliance's: stamps are its local time.
        object_path: Class/type and reference to the path of an object's pages.
    """
    teller = _Teller(db, line, zone, object_path)
    if is_web(message):
        return Telling(tuple(teller.web_request(message)))
    if message.slug == "object_changed":
        return teller.object_changed()
    if message.process == "confd":
        return Telling(tuple(teller.session()))
    if message.slug.startswith("changeset_"):
        return teller.changeset(message.slug)
    return Telling(tuple(teller.epsecd()))


class _Teller:
    def __init__(
        self,
        db: Database,
        line: ParsedLine,
        zone: ZoneInfo,
        object_path: Callable[[str, str], str],
    ) -> None:
        self._db = db
        self._line = line
        self._zone = zone
        self._object_path = object_path
        self._snapshot: Snapshot = Confd(db).snapshot()

    def object_changed(self) -> Telling:
        key = self._line.get("ref") or self._line.get("node") or ""
        found = [
            change
            for change in self._changes_of_the_second()
            if any(entry.key == key for entry in change.entries)
        ]
        belongings = [*self._object(key), *self.session()]
        if "ref" in dict(self._line.pairs):
            belongings.insert(
                1, Belonging("History", f"every change of {key}", f"{CHANGES}/of/{key}")
            )
        belongings += [self._changeset(one) for change in found for one in self._caused_by(change)]
        return Telling(tuple(belongings), tuple(found))

    def changeset(self, slug: str) -> Telling:
        number = self._line.get("changeset") or ""
        if number.isdecimal() and len(number) < 16:
            stored = changesets.find(self._db, int(number))
            found = [] if stored is None else [stored]
        else:
            column = "sent_at" if slug == "changeset_sent" else "committed_at"
            found = self._changesets_of_the_second(column)
        is_certain = bool(number) or len(found) == 1
        changes = [change for one in found for change in self._changes(one.change_number)]
        return Telling(tuple(self._changeset(one, is_certain) for one in found), tuple(changes))

    def epsecd(self) -> Iterator[Belonging]:
        endpoint_id, computer = self._line.get("endpoint"), self._line.get("computer")
        for one in endpoints.all_endpoints(self._db):
            if endpoint_id == one.endpoint_id or (endpoint_id is None and computer == one.name):
                yield Belonging(
                    "Computer", one.name, f"{COMPUTERS}/{quote(one.endpoint_id, safe='')}"
                )
        for group in self._snapshot.endpoint_groups():
            if self._line.get("group") in (group.name, group.ref):
                path = self._object_path(group.full_type, group.ref)
                yield Belonging("Endpoint group", group.name, path)

    def session(self) -> Iterator[Belonging]:
        sid, user = self._line.get("sid") or "", self._line.get("user") or "nobody"
        if len(sid) == 64 and set(sid) <= set("0123456789abcdef"):
            yield Belonging("Session", f"session of {user}", f"{SESSIONS}/{sid}", sid[:16] + "…")

    def web_request(self, message: Message) -> Iterator[Belonging]:
        for key, what in (("profile", "Profile"), ("filteraction", "Filter action")):
            ref, _, rest = (self._line.get(key) or "").partition(" ")
            found = self._snapshot.find(ref) if ref else None
            if found is not None:
                path = self._object_path(found.full_type, found.ref)
                yield Belonging(what, found.name, path, "as it is configured now")
            elif ref:
                yield Belonging(what, rest.strip("()") or ref, note="not there any more")
        url = self._line.get("url")
        if url:
            is_office = message.process == "httpproxy"
            asked = {
                "url": url,
                "who": "" if is_office else self._who(),
                "where": "office" if is_office else "away",
                "address": (self._line.get("srcip") or "") if is_office else "",
                "user": self._line.get("user") or "",
                "at": self._happened_at().isoformat(),
            }
            query = urlencode({key: value for key, value in asked.items() if value})
            note = "the same request, decided by the configuration of now"
            yield Belonging("Policy Test", "test this request", f"{POLICY_TEST}?{query}", note)

    def _who(self) -> str:
        """Return the computer that browsed, or a group that it may be of: no line names either.

        A local user's domain is the computer's name. Otherwise any group of the profile will do:
        its groups share their policy's origin.
        """
        domain = (self._line.get("user") or "").partition("\\")[0].casefold()
        for one in self._snapshot.of_class("epp", "endpoint"):
            if one.name.casefold() == domain:
                return one.ref
        profile = self._snapshot.find((self._line.get("profile") or "").partition(" ")[0])
        groups = profile.texts("endpoints_groups") if profile is not None else ()
        return next(iter(groups), self._snapshot.default_group_ref)

    def _happened_at(self) -> datetime:
        """Return the local time of a request: that of the line, unless it was reported late."""
        try:
            return datetime.strptime(self._line.get("eventtime") or "", STAMP_FORMAT)  # noqa: DTZ007
        except ValueError:
            return self._line.stamp

    def _object(self, key: str) -> Iterator[Belonging]:
        found = self._snapshot.find(key)
        if found is not None:
            path = self._object_path(found.full_type, found.ref)
            yield Belonging("Object", found.name, path, found.full_type)
        elif self._line.get("objname"):
            yield Belonging("Object", self._line.get("objname") or "", note="deleted since")
        else:
            yield Belonging("Node", key)

    def _changeset(self, one: StoredChangeset, is_certain: bool = True) -> Belonging:
        return Belonging(
            "Changeset",
            f"changeset {one.number}",
            f"{SYNC}/{one.number}",
            f"caused by change {one.change_number}",
            is_certain,
        )

    def _caused_by(self, change: Change) -> list[StoredChangeset]:
        return self._changesets("change_number = ?", [change.number])

    def _changesets_of_the_second(self, column: str) -> list[StoredChangeset]:
        found = []
        for at in self._stamps():
            span = [at.isoformat(), (at + _SECOND).isoformat()]
            found += self._changesets(f"{column} >= ? AND {column} < ?", span)
        return found[:MOST]

    def _changesets(self, condition: str, values: Sequence[object]) -> list[StoredChangeset]:
        rows = self._db.execute(
            f"SELECT number FROM epsecd_changesets WHERE {condition} ORDER BY number LIMIT {MOST}",  # noqa: S608 - constants
            values,
        ).fetchall()
        found = [changesets.find(self._db, number) for (number,) in rows]
        return [one for one in found if one is not None]

    def _changes_of_the_second(self) -> list[Change]:
        found: list[Change] = []
        for at in self._stamps():
            rows = self._db.execute(
                "SELECT number FROM confd_changes WHERE at >= ? AND at < ? ORDER BY number LIMIT ?",
                [at.isoformat(), (at + _SECOND).isoformat(), MOST],
            ).fetchall()
            found += [change for (number,) in rows for change in self._changes(number)]
        return found

    def _changes(self, number: int) -> tuple[Change, ...]:
        return Confd(self._db).changes(after=number - 1, limit=1)

    def _stamps(self) -> list[datetime]:
        """Return the moments that the stamp may be: two in the hour that comes twice."""
        stamps = [
            self._line.stamp.replace(tzinfo=self._zone, fold=fold).astimezone(UTC)
            for fold in (0, 1)
        ]
        return [
            at for at in dict.fromkeys(stamps) if local_time(at, self._zone) == self._line.stamp
        ]
