"""The endpoints in memory: what answers a poll without asking anything else.

- The answer to a poll is kept as bytes and built when a queue changes, never per request.
- A snapshot older than the one held is passed over: commits may be told in another order.
- Credentials are recognised by the whole Authorization header, so that a poll costs one look-up;
  the first time, and whenever they change, the password itself is checked. A digest in its place
  was measured as a twentieth of a poll. Time tells nothing of a header that is kept: strings are
  compared only when their hashes are equal.
- When an endpoint was seen and what it fetched is kept here and written in groups; a kill loses
  at most one group of it, and nothing depends on it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from foundation.protocol.commands import encode_commands
from foundation.protocol.names import APPSPROXY, REGISTERED_APPS
from liveconnect.commands import QueuedCommand, deliverable
from liveconnect.store.records import Delivery, EndpointRecord, Fetch, QueueSnapshot

NOTHING = encode_commands(())
"""The answer to a poll when nothing waits."""
MOST_CARRIED = 16_000
"""Bytes of commands that an event of the push channel carries; for more an endpoint polls."""
_OUR_APPS = ";".join(REGISTERED_APPS)


@dataclass(slots=True, eq=False)
class Entry:
    """One endpoint in memory."""

    tenant: str
    endpoint_id: str
    device_id: str
    password_digest: bytes
    removed: bool
    revision: int = -1
    waiting: tuple[QueuedCommand, ...] = ()
    policies: dict[str, str] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    expires_at: datetime | None = None
    delivered: dict[str, Delivery] = field(default_factory=dict)
    is_told: bool = False
    fetches: list[Fetch] = field(default_factory=list)
    last_seen: datetime | None = None
    seen_stored: datetime | None = None
    header: str = field(default="", repr=False)

    def forget_pushed(self) -> None:
        """Take nothing that went by push for delivered: the stream that it went by has ended."""
        self.delivered = {key: one for key, one in self.delivered.items() if one.by != "push"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How many endpoints are online, silent and removed, and how many commands wait."""

    online: int
    silent: int
    removed: int
    waiting: int


class Roster:
    """Every endpoint of one LiveConnect."""

    def __init__(self) -> None:
        self._listener: Callable[[Entry], None] | None = None
        self._by_id: dict[str, Entry] = {}
        self._by_header: dict[str, Entry] = {}
        self._by_device: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def listen(self, listener: Callable[["Entry"], None]) -> None:
        """Have a listener called with each endpoint whose queue or standing has changed."""
        self._listener = listener

    def load(self, endpoints: Iterable[EndpointRecord]) -> None:
        """Begin anew with what is stored."""
        self._by_id.clear()
        self._by_header.clear()
        self._by_device.clear()
        for endpoint in endpoints:
            self.put(endpoint)

    def put(self, endpoint: EndpointRecord) -> Entry:
        """Take an endpoint in as it was committed."""
        entry = self._by_id.get(endpoint.endpoint_id)
        if entry is None:
            entry = Entry(
                tenant=endpoint.tenant,
                endpoint_id=endpoint.endpoint_id,
                device_id=endpoint.device_id,
                password_digest=endpoint.password_digest,
                removed=endpoint.removed_at is not None,
                last_seen=endpoint.last_seen_at,
                seen_stored=endpoint.last_seen_at,
            )
            self._by_id[entry.endpoint_id] = entry
            self._by_device[entry.device_id] = entry
        elif endpoint.queue.revision >= entry.revision:
            entry.removed = endpoint.removed_at is not None
            if entry.password_digest != endpoint.password_digest:
                entry.password_digest = endpoint.password_digest
                self._by_header.pop(entry.header, None)
        self.apply((endpoint.queue,))
        self._tell(entry)
        return entry

    def apply(self, snapshots: Iterable[QueueSnapshot]) -> None:
        """Take queues over as they were committed, and build their answers."""
        for snapshot in snapshots:
            entry = self._by_id.get(snapshot.endpoint_id)
            if entry is None or snapshot.revision <= entry.revision:
                continue
            entry.revision = snapshot.revision
            entry.waiting = snapshot.waiting
            entry.policies = dict(snapshot.policies)
            entry.answers.clear()
            waiting = {each.command.id for each in snapshot.waiting}
            entry.delivered = {
                key: value for key, value in entry.delivered.items() if key in waiting
            }
            entry.expires_at = min((each.expires_at for each in snapshot.waiting), default=None)
            if snapshot.waiting:
                self._build(entry, _OUR_APPS, None)
            self._tell(entry)

    def by_id(self, endpoint_id: str) -> Entry | None:
        """Return an endpoint."""
        return self._by_id.get(endpoint_id)

    def by_device(self, device_id: str) -> Entry | None:
        """Return the endpoint of a device id."""
        return self._by_device.get(device_id)

    def by_header(self, header: str) -> Entry | None:
        """Return the endpoint whose Authorization header this was before."""
        return self._by_header.get(header)

    def remember_header(self, entry: Entry, header: str) -> None:
        """Recognise this header from now on; an earlier one is forgotten."""
        self._by_header.pop(entry.header, None)
        entry.header = header
        self._by_header[header] = entry

    def poll(self, entry: Entry, apps: str, now: datetime) -> bytes:
        """Return what a poll for these apps, separated by `;`, carries."""
        entry.last_seen = now
        was_told, entry.is_told = entry.is_told, False
        if not entry.waiting:
            return NOTHING
        if entry.expires_at is not None and now >= entry.expires_at:
            # The store expires them for good at its next round; nobody receives them until then.
            entry.waiting = tuple(each for each in entry.waiting if now < each.expires_at)
            entry.expires_at = min((each.expires_at for each in entry.waiting), default=None)
            entry.answers.clear()
        answer = entry.answers.get(apps)
        if answer is None:
            answer = self._build(entry, apps, now)
        if len(entry.delivered) < len(entry.waiting) and answer is not NOTHING:
            delivery = Delivery(now, "push" if was_told else "poll")
            for each in deliverable(entry.waiting, frozenset(apps.split(";")), now):
                entry.delivered.setdefault(each.command.id, delivery)
        return answer

    def carry(self, entry: Entry, now: datetime) -> bytes | None:
        """Return what nothing has carried yet, for an event of the push channel.

        None if the endpoint has to ask for it: for what is no assignment of policies, since push
        does not tell which apps it has; for what has expired; and for what an event cannot carry.
        """
        if entry.expires_at is not None and now >= entry.expires_at:
            return None
        new = tuple(each for each in entry.waiting if each.command.id not in entry.delivered)
        if any(each.command.app_id != APPSPROXY for each in new):
            return None
        is_all = len(new) == len(entry.waiting)
        answer = entry.answers.get(_OUR_APPS) if is_all else None
        if answer is None:
            answer = encode_commands(each.command for each in new)
        # A line break travels as a backslash and an n: what has such of its own would be changed.
        if len(answer) > MOST_CARRIED or b"\\" in answer:
            return None
        delivery = Delivery(now, "push")
        for each in new:
            entry.delivered[each.command.id] = delivery
        return answer

    def standing(self, since: datetime) -> Standing:
        """Count the endpoints; those heard of since then are online."""
        online = removed = waiting = 0
        for entry in self._by_id.values():
            removed += entry.removed
            online += not entry.removed and entry.last_seen is not None and entry.last_seen >= since
            waiting += len(entry.waiting)
        silent = len(self._by_id) - online - removed
        return Standing(online=online, silent=silent, removed=removed, waiting=waiting)

    def unsaved(self) -> tuple[tuple[tuple[str, datetime], ...], tuple[Fetch, ...]]:
        """Return when endpoints were seen and what they fetched since the last call."""
        seen: list[tuple[str, datetime]] = []
        fetches: list[Fetch] = []
        for entry in self._by_id.values():
            if entry.last_seen is not None and entry.last_seen != entry.seen_stored:
                seen.append((entry.endpoint_id, entry.last_seen))
                entry.seen_stored = entry.last_seen
            if entry.fetches:
                fetches += entry.fetches
                entry.fetches = []
        return tuple(seen), tuple(fetches)

    def _tell(self, entry: Entry) -> None:
        if self._listener is not None:
            self._listener(entry)

    def _build(self, entry: Entry, apps: str, now: datetime | None) -> bytes:
        names = frozenset(apps.split(";"))
        if now is None:
            carried = tuple(each for each in entry.waiting if each.command.app_id in names)
        else:
            carried = deliverable(entry.waiting, names, now)
        answer = encode_commands(each.command for each in carried) if carried else NOTHING
        # An endpoint asks with one list of apps; one that varies it shall not fill the memory.
        if len(entry.answers) >= 4:
            entry.answers.clear()
        entry.answers[apps] = answer
        return answer
