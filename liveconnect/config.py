"""What a LiveConnect can be told when it starts.

- Ports of 0 are given by the system; everything binds to 127.0.0.1 unless told otherwise.
- The paths inside the data folder stand here, once.
"""

from dataclasses import dataclass, field
from pathlib import Path

from foundation.protocol.mcs_policy import DEFAULT_PUSH_PING_TIMEOUT_S
from foundation.protocol.names import DEFAULT_BASE_PATH
from liveconnect.feed_allowance import FeedLimits

JOURNAL = "journal"
PKI = "pki"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveConnectConfig:
    """The settings of one LiveConnect.

    Attributes:
        data: Its data folder.
        host: The address both listeners bind to.
        mcs_port: Port of the listener for endpoints.
        link_port: Port of the listener for UTMs.
        base_path: What every MCS path begins with.
        poll_interval_s: The poll interval that its MCS policy hands out.
        journal: Whether exchanges are kept, the last in memory and more on disk.
        public_name: The host name in the URLs that it hands out and in its certificate.
        fragment_above: Policies of more bytes than this are handed out in fragments.
        command_ttl_s: How long a queued command stays valid.
        database: The URL of a PostgreSQL database; None for a file in the data folder.
        worker: The number of this worker among those of the host, from 1; 0 is alone.
        public_mcs_port: The port in the URLs that it hands out; None for the listener's own.
        feed_limits: How much a device may upload as data feeds.
        push: Whether endpoints are offered the push channel.
        push_ping_timeout_s: How long a client waits for a ping; one is sent each third of it.
        push_fallback_poll_s: The poll interval while push is up; None for the usual one.
        trusts_loopback: Whether a UTM from this machine needs no enrolment secret; with a proxy
            here everybody comes from this machine.
        most_connections: Connections of endpoints; one more is refused.
        most_requests: Requests worked on at once, polls aside; one more is refused. What endpoints
            tell and what they fetch is counted apart.
    """

    data: Path
    host: str = "127.0.0.1"
    mcs_port: int = 4443
    link_port: int = 4445
    base_path: str = DEFAULT_BASE_PATH
    poll_interval_s: float = 20.0
    journal: bool = False
    public_name: str = "localhost"
    fragment_above: int = 1_000_000
    command_ttl_s: float = 10_000.0
    database: str | None = field(default=None, repr=False)
    worker: int = 0
    public_mcs_port: int | None = None
    feed_limits: FeedLimits = field(default_factory=FeedLimits)
    push: bool = False
    push_ping_timeout_s: int = DEFAULT_PUSH_PING_TIMEOUT_S
    push_fallback_poll_s: int | None = None
    trusts_loopback: bool = True
    most_connections: int = 20_000
    most_requests: int = 5_000

    @property
    def own_folder(self) -> Path:
        """What no other process touches: the data folder, or a worker's part of it."""
        return self.data / "workers" / str(self.worker) if self.worker else self.data

    @property
    def pki_folder(self) -> Path:
        """Where keys and certificates lie."""
        return self.own_folder / PKI

    @property
    def ca_file(self) -> Path:
        """The certificate that endpoints and UTMs trust."""
        return self.pki_folder / "ca.crt"

    @property
    def public_pki_folder(self) -> Path:
        """Where readers of the data folder find whom to trust; workers write it for them."""
        return self.data / PKI

    @property
    def database_file(self) -> Path:
        """The one database."""
        return database_file(self.own_folder)

    @property
    def database_note(self) -> Path:
        """Where the URL of the workers' database is written for readers of this folder."""
        return database_note(self.data)

    @property
    def content_folder(self) -> Path:
        """Where the software packages lie."""
        return self.own_folder / "content"

    @property
    def category_file(self) -> Path:
        """The imported list of categorised sites; there may be none."""
        return category_file(self.data)

    @property
    def journal_folder(self) -> Path:
        """Where exchanges are kept when the journal is on."""
        return self.own_folder / JOURNAL

    @property
    def operations_log_file(self) -> Path:
        """The log of what LiveConnect did and refused."""
        return self.own_folder / "liveconnect.log"


def own_folders(data: Path) -> tuple[Path, ...]:
    """Return a data folder and those of the workers on it."""
    return data, *sorted((data / "workers").glob("*"))


def journal_folders(data: Path) -> list[Path]:
    """Return the journals of a data folder and of the workers on it, whichever are there."""
    return [folder / JOURNAL for folder in own_folders(data) if (folder / JOURNAL).is_dir()]


def database_file(data: Path) -> Path:
    """Return the database inside a data folder."""
    return data / "liveconnect.db"


def database_note(data: Path) -> Path:
    """Return the note about a PostgreSQL database inside a data folder."""
    return data / "database.json"


def category_file(data: Path) -> Path:
    """Return the imported list of sites inside a data folder."""
    return data / "categories" / "sites.categories"
