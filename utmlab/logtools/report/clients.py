"""Who browsed: computers in eplog.log, clients of the gateway in http.log.

* In eplog.log a computer is told by its user, since a roaming laptop has a new address every day;
  a line without one is told by its address. In http.log a client is its address.
* `eventtime` says when an endpoint really browsed: a line that was uploaded later has it.
* Bounds: `MOST_CLIENTS`, of which the rarer half goes when there are more, and `MOST_SITES` blocked
  sites for each (`TopCounts`).
"""

from dataclasses import dataclass, field
from typing import Final

from utmlab.logtools.report.bounded import TopCounts
from utmlab.logtools.report.heads import Place, moment, site_of, value

MOST_CLIENTS: Final = 2_000
MOST_SITES: Final = 8
MOST_SITES_AT_ALL: Final = 2_000
LOGS: Final = {b"eplog": b"eplog", b"httpproxy": b"http"}


@dataclass(slots=True)
class Client:
    """One computer or client of the gateway.

    Attributes:
        late: Lines that were uploaded later than they happened.
        longest_delay_s: How much later, at most.
        url: The last URL that was blocked.
    """

    log: bytes
    name: bytes
    address: bytes = b""
    user: bytes = b""
    lines: int = 0
    blocked: int = 0
    warned: int = 0
    last: bytes = b""
    late: int = 0
    longest_delay_s: int = 0
    late_place: Place | None = None
    profile: bytes = b""
    url: bytes = b""
    sites: TopCounts = field(default_factory=lambda: TopCounts(MOST_SITES))


class Clients:
    """Counts web lines by who browsed."""

    def __init__(self) -> None:
        self._clients: dict[tuple[bytes, bytes], Client] = {}
        self.blocked = {log: TopCounts(MOST_SITES_AT_ALL) for log in LOGS.values()}
        self.floor = 0
        self.forgotten = 0

    def see(self, log: bytes, stamp: bytes, data: bytes, place: Place) -> bool:
        """Count a web line; whether its client meets another profile than before."""
        address, user = value(data, b' srcip="'), value(data, b' user="')
        name = (user or address) if log == b"eplog" else (address or user)
        if not name:
            return False
        client = self._clients.get((log, name))
        if client is None:
            client = self._new(log, name)
        client.lines += 1
        client.address, client.user = address or client.address, user or client.user
        action = value(data, b' action="')
        if action == b"block":
            self._block(client, data)
        elif action == b"warn":
            client.warned += 1
        happened = value(data, b' eventtime="') if log == b"eplog" else b""
        if happened and not self._is_late(client, happened, stamp, place):
            happened = b""
        client.last = max(client.last, happened or stamp)
        profile = value(data, b' profile="')
        before, client.profile = client.profile, profile or client.profile
        return bool(profile and before and profile != before)

    def all(self) -> list[Client]:
        """Return the clients, those with the most lines first."""
        return sorted(self._clients.values(), key=lambda one: (-one.lines, one.log, one.name))

    def _new(self, log: bytes, name: bytes) -> Client:
        if len(self._clients) >= MOST_CLIENTS:
            self._forget()
        made = self._clients[log, name] = Client(log, name)
        return made

    def _forget(self) -> None:
        ordered = sorted(self._clients.items(), key=lambda one: one[1].lines)
        half = len(ordered) // 2
        self.floor = max(self.floor, ordered[half - 1][1].lines)
        self.forgotten += half
        self._clients = dict(ordered[half:])

    def _block(self, client: Client, data: bytes) -> None:
        client.blocked += 1
        client.url = value(data, b' url="')
        site = site_of(client.url)
        client.sites.add(site)
        self.blocked[client.log].add(site)

    def _is_late(self, client: Client, happened: bytes, stamp: bytes, place: Place) -> bool:
        then, now = moment(happened), moment(stamp)
        if then is None or now is None or now <= then:
            return False
        client.late += 1
        client.longest_delay_s = max(client.longest_delay_s, round((now - then).total_seconds()))
        client.late_place = client.late_place or place
        return True
