"""Where log lines are sent to: nodes `remote_syslog.*` and objects `remote_syslog/server`. Pure.

* `status` switches it, `target` lists the servers, `logs` selects logs for all of them (public:
  the selection is global): by the name in WebAdmin or the log's own; an empty list selects none.
* `buffer` is the most lines that wait for a server (public default 1000), `time_reopen` the seconds
  between attempts to reach it (60, ours); 0, which a node holds before anybody sets it, and less
  are the default.
* A server is a host, a DNS host, or the first member of an availability group (ours); its port
  object says TCP or UDP. There is no TLS (public).
* A line is never sent to an address of this UTM: it would come back as a line (public advice).
* Priority: facility daemon, and the severity in the line (public for the daemons seen, inferred for
  the others).
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Literal

from utm.confd import Object, Snapshot
from utm.logs.views import LOG_VIEWS

DEFAULT_BUFFER: Final = 1000
DEFAULT_REOPEN_S: Final = 60.0
DAEMON: Final = 3 << 3
CLASSES: Final = ("remote_syslog", "network", "service")
"""Classes of the objects that have a part in it; computers, of which there are many, have none."""
_INFO: Final = 6
_SEVERITIES: Final = {
    b"emergency": 0,
    b"alert": 1,
    b"critical": 2,
    b"error": 3,
    b"warn": 4,
    b"warning": 4,
    b"notice": 5,
    b"info": _INFO,
    b"debug": 7,
}
_SEVERITY: Final = re.compile(rb' severity="([a-z]+)"')

Protocol = Literal["udp", "tcp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogTarget:
    """One server.

    Attributes:
        ref: Its object.
        name: The object's name.
        host: An address or a host name.
        port: 1 to 65535.
        protocol: UDP or TCP.
        local_address: The address to send from; empty for any.
        problem: Why nothing can be sent to it; empty when it can be tried.
    """

    ref: str
    name: str
    host: str = ""
    port: int = 0
    protocol: Protocol = "udp"
    local_address: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogSettings:
    """What the configuration says; nothing is sent when it is off or selects no log."""

    targets: tuple[SyslogTarget, ...] = ()
    logs: frozenset[str] = frozenset()
    buffer: int = DEFAULT_BUFFER
    reopen_s: float = DEFAULT_REOPEN_S
    own_addresses: frozenset[str] = frozenset()


def priority(line: bytes) -> int:
    """Return the number in `<PRI>` for a line on disk."""
    found = _SEVERITY.search(line)
    severity = _INFO if found is None else _SEVERITIES.get(found[1], _INFO)
    return DAEMON + severity


def read_settings(snapshot: Snapshot) -> SyslogSettings:
    """Read what is configured; off is no targets."""
    if not snapshot.node("remote_syslog.status"):
        return SyslogSettings()
    own = own_addresses(snapshot)
    refs = dict.fromkeys(snapshot.node("remote_syslog.target"))
    return SyslogSettings(
        targets=tuple(_target(snapshot, str(ref), own) for ref in refs),
        logs=_selected(snapshot.node("remote_syslog.logs")),
        buffer=_positive(snapshot, "remote_syslog.buffer") or DEFAULT_BUFFER,
        reopen_s=_positive(snapshot, "remote_syslog.time_reopen") or DEFAULT_REOPEN_S,
        own_addresses=own,
    )


def own_addresses(snapshot: Snapshot) -> frozenset[str]:
    """Return the addresses of the UTM's interfaces."""
    interfaces = snapshot.of_class("network", "interface_address")
    return frozenset(plain_address(one.text("address")) for one in interfaces) - {""}


def plain_address(text: str) -> str:
    """Return an address in its one spelling; what is none comes back as it is."""
    try:
        return str(ip_address(text.partition("/")[0]))
    except ValueError:
        return text


def _positive(snapshot: Snapshot, key: str) -> int:
    number: int = snapshot.node(key)
    return max(number, 0)


def _selected(labels: tuple[object, ...]) -> frozenset[str]:
    """Return the logs that a selection names; labels of logs that this UTM has not are ignored."""
    wanted = {str(label).strip().lower() for label in labels}
    return frozenset(view.log for view in LOG_VIEWS if {view.log, view.title.lower()} & wanted)


def _target(snapshot: Snapshot, ref: str, own: frozenset[str]) -> SyslogTarget:
    server = snapshot.find(ref)
    if server is None or server.full_type != "remote_syslog/server":
        return SyslogTarget(ref=ref, name=ref, problem="there is no such server")
    host = _host(snapshot, server.text("server"))
    port = snapshot.find(server.text("port"))
    target = SyslogTarget(
        ref=ref,
        name=server.name,
        host=host,
        port=0 if port is None else _port(port),
        protocol="tcp" if port is not None and port.full_type == "service/tcp" else "udp",
        local_address=_local_address(snapshot, server.text("local_addr")),
    )
    problem = _problem(target, own)
    return SyslogTarget(ref=ref, name=server.name, problem=problem) if problem else target


def _problem(target: SyslogTarget, own: frozenset[str]) -> str:
    if not target.host:
        return "the server has no address"
    if not 0 < target.port < 1 << 16:
        return "the port object has no port"
    if plain_address(target.host) in own:
        return "the server is this UTM: its lines would come back to it"
    return ""


def _port(service: Object) -> int:
    return service.number("dst_low") if service.class_ == "service" else 0


def _host(snapshot: Snapshot, ref: str) -> str:
    found = snapshot.find(ref)
    if found is None:
        return ""
    if found.full_type == "network/availability_group":
        return next(filter(None, (_host(snapshot, one) for one in found.texts("members"))), "")
    if found.full_type == "network/dns_host":
        return found.text("hostname")
    if found.full_type == "network/host":
        return found.text("address") or found.text("address6")
    return ""


def _local_address(snapshot: Snapshot, ref: str) -> str:
    found = snapshot.find(ref)
    is_address = found is not None and found.full_type == "network/interface_address"
    return found.text("address") if found is not None and is_address else ""
