"""What goes into the store and what comes out of it.

- A `QueueSnapshot` carries a revision that rises with each change of that endpoint, so that the
  memory can tell the newer of two snapshots.
- Times are aware UTC; passwords never appear, only their digests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from foundation.protocol.computer_status import ComputerStatus
from foundation.protocol.link import PolicyDocument
from liveconnect.commands import QueuedCommand
from liveconnect.pki import UtmCertificate
from liveconnect.ways import PolicyWays

CompilePolicy = Callable[["TenantKeys", str], PolicyDocument]
"""Compiles the MCS policy for a tenant's keys and a device id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantKeys:
    """What the MCS policy says of the UTM an endpoint belongs to, and whom to trust."""

    tenant: str
    token: str
    trusted_ca: str = ""
    ways: PolicyWays = field(default_factory=PolicyWays)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantState:
    """What a new endpoint needs to know of its UTM.

    Attributes:
        keys: For its MCS policy.
        default_group: Whose policies it gets unless it is a member of another; None while
            Endpoint Protection is off.
        epoch: Of the newest changeset.
        number: Of the newest changeset.
    """

    keys: TenantKeys
    default_group: str | None
    epoch: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UtmRegistration:
    """A UTM that registers: `issue` makes its certificate once its id is known."""

    public_key_digest: str
    organization: str
    utm_id: str
    token: str
    issue: Callable[[str], UtmCertificate]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredUtm:
    """A UTM after its registration was committed."""

    tenant: str
    token: str
    epoch: int
    certificate: UtmCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRecord:
    """A UTM as LiveConnect knows it."""

    tenant: str
    organization: str
    registered_at: datetime
    removed_at: datetime | None
    enabled: bool
    epoch: int
    changeset_epoch: int
    changeset_number: int
    endpoints: int
    reports_waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRecord:
    """A client certificate that was issued."""

    tenant: str
    revoked: bool
    utm_removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSnapshot:
    """The queue of an endpoint as committed.

    Attributes:
        endpoint_id: Whose queue.
        revision: Rises with every change of this endpoint.
        waiting: The commands not acknowledged, in order.
        policies: The assigned policy id of each app.
    """

    endpoint_id: str
    revision: int
    waiting: tuple[QueuedCommand, ...]
    policies: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRecord:
    """An endpoint as LiveConnect knows it."""

    tenant: str
    endpoint_id: str
    device_id: str
    password_digest: bytes
    computer_name: str
    enrolled_at: datetime
    last_seen_at: datetime | None
    removed_at: datetime | None
    queue: QueueSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """An endpoint that asks to be enrolled.

    Attributes:
        token: The registration token it shows.
        shown_id: Its former id, empty at the first time.
        shown_password: Its former password.
        new_id: The id it receives if it is new.
        new_device_id: The device id it receives then.
        new_password_digest: The digest of the password it receives then.
        computer: How it describes itself.
        tenant: The UTM it comes to without a token, as one that another LiveConnect sends.
        attempt: Names this attempt when the client does so; a repetition is the same endpoint.
    """

    token: str
    shown_id: str
    shown_password: str = field(repr=False)
    new_id: str
    new_device_id: str
    new_password_digest: bytes
    computer: ComputerStatus
    tenant: str = ""
    attempt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The committed outcome of an enrolment."""

    endpoint: EndpointRecord
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a changeset changed: the queues concerned; repeated when it was known already."""

    snapshots: tuple[QueueSnapshot, ...]
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedStatus:
    """A status of one app, read as far as it can be."""

    app_id: str
    created_at: datetime
    body: str
    res: str = ""
    revision: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEvent:
    """An event of one app as it was sent."""

    app_id: str
    event_id: str
    created_at: datetime
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedResponse:
    """The response of an app to a command."""

    endpoint_id: str
    app_id: str
    command_id: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFeed:
    """One upload of a data feed: JSON text."""

    tenant: str
    endpoint_id: str
    feed_id: str
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """When a command first reached its endpoint, and whether push was the cause of it."""

    at: datetime
    by: Literal["push", "poll"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """That an endpoint fetched a policy."""

    endpoint_id: str
    app_id: str
    policy_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """How far one policy of a changeset came at one endpoint.

    Attributes:
        assigned_at: The changeset was committed.
        delivered_at: The first poll, or push, that carried the command.
        delivered_by: `push` when it came by push or by the poll that a wake-up asked for, `poll`
            when the endpoint asked by itself; empty where it is not known.
        acknowledged_at: The endpoint acknowledged it.
        fetched_at: The endpoint fetched the policy.
        applied_at: The endpoint's own time of the status that says so.
        committed_at: That status was committed.
    """

    endpoint_id: str
    computer_name: str
    app_id: str
    policy_id: str
    epoch: int
    number: int
    is_current: bool
    assigned_at: datetime
    delivered_at: datetime | None = None
    delivered_by: str = ""
    acknowledged_at: datetime | None = None
    fetched_at: datetime | None = None
    applied_at: datetime | None = None
    committed_at: datetime | None = None
