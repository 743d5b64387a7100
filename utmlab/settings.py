"""What a lab is told when it starts, and what it remembers so as to go on the same way.

- Ports that the system gave are remembered: installed endpoints know LiveConnect by its port.
- Open files are counted before endpoints are started: the arithmetic is in the message.
"""

import json
import resource
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from foundation.durable.files import SECRET_MODE, write_atomic
from foundation.errors import DomainError
from utm.logs.catalogue import EplogProcess, LogProfile
from utmlab.held_ports import HeldPorts

Mode = Literal["tasks", "processes"]
VERSION = 1
FIRST_PROXY_PORT = 8090
FILES_FOR_THE_LAB = 200
FILES_PER_ENDPOINT = 12
"""Sockets of both ends, logs, bells and the proxy, with room for browsing."""


class TooManyEndpointsError(DomainError):
    """More endpoints than open files allow."""

    code: ClassVar[str] = "too_many_endpoints"
    hint: ClassVar[str] = "Raise the limit with `ulimit -n`, or start fewer endpoints."


class LabFileDamagedError(DomainError):
    """What an earlier start stored about the lab cannot be read."""

    code: ClassVar[str] = "lab_file_damaged"
    hint: ClassVar[str] = "Restore the file, or choose another data folder."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the listeners are; 0 takes a free port."""

    mcs: int = 0
    link: int = 0
    control: int = 0
    web_filter: int = 0
    webadmin: int = 0


USUAL_PORTS = Ports(mcs=4443, link=4445, control=4480, web_filter=8080, webadmin=4444)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSettings:
    """The settings of one lab.

    Attributes:
        mode: Tasks of this process, or processes of their own.
        poll_interval_s: None for the authentic 20 s.
        ports: The listeners.
        strict: Public message ids only in epsecd.log.
        timezone: The UTM's.
        log_profile: The version whose keys and order web lines have.
        eplog_process: The process in the lines of eplog.log.
        host_name: The UTM's, as it stands in log lines.
        journal: Keep the exchanges with LiveConnect.
        push: Whether endpoints are offered the push channel.
        workers: How many processes LiveConnect is, on PostgreSQL; 0 for one on SQLite.
        database: The URL of the workers' database; None for one of the lab's own.
    """

    mode: Mode = "tasks"
    poll_interval_s: float | None = None
    ports: Ports = USUAL_PORTS
    strict: bool = False
    timezone: str = "UTC"
    log_profile: LogProfile = "9.7"
    eplog_process: EplogProcess = "eplog"
    host_name: str = "utm"
    journal: bool = True
    push: bool = False
    workers: int = 0
    database: str | None = field(default=None, repr=False)

    @property
    def management_ports(self) -> frozenset[int]:
        """The ports that nobody reaches through a computer's Web Control."""
        ports = self.ports
        return frozenset({ports.mcs, ports.link, ports.control, ports.webadmin})

    @property
    def has_usual_web_filter(self) -> bool:
        """Whether the UTM's own configuration says where its web filter listens."""
        return self.ports.web_filter == USUAL_PORTS.web_filter

    @property
    def has_usual_webadmin(self) -> bool:
        """Whether the UTM's own configuration says where WebAdmin and the REST API listen."""
        return self.ports.webadmin == USUAL_PORTS.webadmin

    def with_free_ports(self, held: HeldPorts) -> "LabSettings":
        """Return the settings with every 0 replaced by a free port, which is held from now on."""
        ports = self.ports
        return replace(
            self,
            ports=Ports(
                mcs=ports.mcs or held.take(),
                link=ports.link or held.take(),
                control=ports.control or held.take(),
                web_filter=ports.web_filter or held.take(),
                webadmin=ports.webadmin or held.take(),
            ),
        )


def remember(path: Path, settings: LabSettings) -> None:
    """Store what a later start must know."""
    content = {
        "version": VERSION,
        "ports": {
            "mcs": settings.ports.mcs,
            "link": settings.ports.link,
            "control": settings.ports.control,
            "web_filter": settings.ports.web_filter,
            "webadmin": settings.ports.webadmin,
        },
        "poll_interval_s": settings.poll_interval_s,
        "timezone": settings.timezone,
        "strict": settings.strict,
        "log_profile": settings.log_profile,
        "eplog_process": settings.eplog_process,
        "workers": settings.workers,
        "database": settings.database,
    }
    # A URL may hold a password.
    write_atomic(path, json.dumps(content, indent=1).encode(), mode=SECRET_MODE)


def recall(path: Path) -> dict[str, Any]:
    """Return what an earlier start stored, empty for a new lab.

    Raises:
        LabFileDamagedError: If it cannot be read.
    """
    if not path.exists():
        return {}
    try:
        content: dict[str, Any] = json.loads(path.read_text())
        Ports(**content["ports"])
    except (ValueError, KeyError, TypeError) as error:
        raise LabFileDamagedError(f"{path} cannot be read: {error!r}") from error
    return content


def recalled(path: Path, wanted: LabSettings) -> LabSettings:
    """Return the wanted settings, with the ports of the lab that is already there.

    Raises:
        LabFileDamagedError: If what it stored cannot be read.
    """
    known = recall(path)
    if not known:
        return wanted
    # A lab of before the gateway had its filter, or WebAdmin, has no port for it.
    newer = {"web_filter": wanted.ports.web_filter, "webadmin": wanted.ports.webadmin}
    ports = Ports(**{**newer, **known["ports"]})
    return replace(wanted, ports=ports)


def check_open_files(endpoints: int, limit: int | None = None) -> None:
    """Check that so many endpoints can be open at once.

    Args:
        endpoints: How many are wanted.
        limit: Open files of this process; asked from the system by default.

    Raises:
        TooManyEndpointsError: If they cannot.
    """
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if limit is None else limit
    needed = FILES_FOR_THE_LAB + endpoints * FILES_PER_ENDPOINT
    if needed > allowed:
        most = max((allowed - FILES_FOR_THE_LAB) // FILES_PER_ENDPOINT, 0)
        raise TooManyEndpointsError(
            f"{endpoints} endpoints need {FILES_FOR_THE_LAB} + {endpoints} x "
            f"{FILES_PER_ENDPOINT} = {needed} open files, and {allowed} are allowed: "
            f"at most {most} endpoints"
        )
