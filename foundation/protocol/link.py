"""The documents on the link between a UTM and LiveConnect, as JSON.

Provenance: ours. No public source shows the wire format of that leg.

- A changeset is full state: what it does not name is gone after it.
- Order is (epoch, number); the epoch rises when a UTM registers or is restored.
- Policies travel as the exact bytes that endpoints will be served, sealed with their RevID.
- A large policy names pieces instead of its body; each is a part, sent before by its SHA-256, and
  `parts` of the changeset lists them all.
- A report is delivered until it is acknowledged; its number is unique per UTM.
- `GET REPORTS_PATH?hold=SECONDS` is held until there is a report or the time is over.
- `DELETE ENDPOINTS_PATH/{id}` removes an endpoint, `POST ENDPOINTS_PATH/{id}/restore` restores it.
- Success is 200. A refusal is JSON: `{"reason": Reason, "message": sentence}`; 409 for missing
  parts adds `"missing"`, the list of their SHA-256.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, ClassVar, Final, TypeVar, get_origin

from foundation.errors import DomainError
from foundation.protocol.pieces import cut, piece_id

T = TypeVar("T")

MOST_NUMBER: Final = 2**63 - 1
"""No counter on the link comes near it, and no store keeps more."""
REGISTER_PATH = "/link/v1/register"
CHANGESETS_PATH = "/link/v1/changesets"
LATEST_CHANGESET_PATH = "/link/v1/changesets/latest"
PARTS_PATH = "/link/v1/parts"
REPORTS_PATH = "/link/v1/reports"
ACKNOWLEDGE_PATH = "/link/v1/reports/ack"
TOKEN_RESET_PATH = "/link/v1/token/reset"  # noqa: S105 - a path, not a secret
ENDPOINTS_PATH = "/link/v1/endpoints"


class LinkDocumentMalformedError(DomainError):
    """A document on the UTM link lacks a field or carries the wrong type."""

    code: ClassVar[str] = "link_document_malformed"
    hint: ClassVar[str] = "Both ends must run the same version of the link."


@dataclass(frozen=True, slots=True)
class RegisterRequest:
    """A UTM asks for its identity; idempotent by the public key of the request."""

    csr_pem: str
    organization: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """What LiveConnect answers: identity, certificate chain and the endpoints' token."""

    utm_id: str
    certificate_chain_pem: str
    registration_token: str
    epoch: int
    mcs_url: str
    mcs_ca_pem: str


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """One policy of one group: the bytes that are served, whose RevID is filled in.

    On the link `pieces` may stand for the body: the parts that give it when they are joined.
    """

    app_id: str
    policy_type: int
    revision: str
    body: bytes
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupPolicies:
    """An endpoint group and its policies, one per app."""

    ref: str
    name: str
    policies: tuple[PolicyDocument, ...]


@dataclass(frozen=True, slots=True)
class Changeset:
    """The full state a UTM wants LiveConnect to serve.

    Attributes:
        epoch: Rises at each registration or restore of the UTM.
        number: Rises with each changeset inside an epoch.
        enabled: Whether Endpoint Protection is on; off, nobody can register.
        default_group: The ref of the group of every endpoint that `membership` does not name.
        groups: Every endpoint group.
        membership: Endpoint id to group ref.
        tamper_password_hash: SHA-256 of the tamper password as hex, empty for none.
        parts: SHA-256, as hex, of each large list that must have been sent before.
    """

    epoch: int
    number: int
    enabled: bool
    default_group: str
    groups: tuple[GroupPolicies, ...] = ()
    membership: dict[str, str] = field(default_factory=dict)
    tamper_password_hash: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Something that happened at an endpoint, on its way to the UTM.

    Attributes:
        number: Unique and rising per UTM.
        kind: `enrolled`, `removed`, `restored`, `status` or `event`.
        endpoint_id: The endpoint concerned.
        at: When LiveConnect stored it, as ISO 8601 in UTC.
        body: For `enrolled` the computer's own description; for `status` app_id, res, revision,
            details, created_at (the endpoint's time), epoch and changeset where they are known,
            and of the policy in force what LiveConnect knows: assigned_at, delivered_at (the poll
            that carried the command), fetched_at, poll_interval_s; none of these four is required;
            for `event` app_id, id, created_at and the body as the endpoint sent it.
    """

    number: int
    kind: str
    endpoint_id: str
    at: str
    body: dict[str, Any]


def encode_document(document: RegisterRequest | Registration | Changeset | Report) -> bytes:
    """Return the document as JSON; policy bodies as base64."""
    return json.dumps(asdict(document), default=_encode_bytes).encode()


def encode_reports(reports: tuple[Report, ...]) -> bytes:
    """Return a batch of reports as JSON."""
    return json.dumps({"reports": [_report_values(report) for report in reports]}).encode()


def _report_values(report: Report) -> dict[str, Any]:
    # asdict would copy each body, which is JSON values already; batches have hundreds of them.
    return {
        "number": report.number,
        "kind": report.kind,
        "endpoint_id": report.endpoint_id,
        "at": report.at,
        "body": report.body,
    }


def decode_register_request(data: bytes) -> RegisterRequest:
    """Read a registration request.

    Raises:
        LinkDocumentMalformedError: If it is none.
    """
    return _build(RegisterRequest, _load(data))


def decode_registration(data: bytes) -> Registration:
    """Read the answer to a registration.

    Raises:
        LinkDocumentMalformedError: If it is none.
    """
    return _build(Registration, _load(data))


def decode_changeset(data: bytes) -> Changeset:
    """Read a changeset.

    Raises:
        LinkDocumentMalformedError: If it is none.
    """
    content = _load(data)
    try:
        content["groups"] = tuple(
            _checked(
                GroupPolicies(
                    ref=group["ref"],
                    name=group["name"],
                    policies=tuple(_policy(policy) for policy in group["policies"]),
                )
            )
            for group in content["groups"]
        )
        content["parts"] = _texts(content.get("parts", ()))
        membership = dict(content.get("membership", {}))
        _texts([*membership, *membership.values()])
    except (KeyError, TypeError, ValueError) as error:
        raise LinkDocumentMalformedError(
            f"a group of the changeset is malformed: {error}"
        ) from error
    return _build(Changeset, content)


def decode_reports(data: bytes) -> tuple[Report, ...]:
    """Read a batch of reports.

    Raises:
        LinkDocumentMalformedError: If it is none.
    """
    content = _load(data)
    reports = content.get("reports")
    if not isinstance(reports, list):
        raise LinkDocumentMalformedError("a batch of reports lacks its list")
    return tuple(_build(Report, report) for report in reports)


def _policy(content: dict[str, Any]) -> PolicyDocument:
    return _checked(
        PolicyDocument(
            app_id=content["app_id"],
            policy_type=int(content["policy_type"]),
            revision=content["revision"],
            body=base64.b64decode(content["body"], validate=True),
            pieces=_texts(content.get("pieces", ())),
        )
    )


def in_pieces(changeset: Changeset, *, above: int) -> tuple[Changeset, dict[str, bytes]]:
    """Return the changeset with large policies in pieces, and the pieces by name."""
    parts: dict[str, bytes] = {}

    def lighter(policy: PolicyDocument) -> PolicyDocument:
        if len(policy.body) <= above:
            return policy
        named = [(piece_id(piece), piece) for piece in cut(policy.body)]
        parts.update(named)
        return replace(policy, body=b"", pieces=tuple(name for name, _ in named))

    return replace(_with_policies(changeset, lighter), parts=tuple(sorted(parts))), parts


def made_whole(changeset: Changeset, parts: Mapping[str, bytes]) -> Changeset:
    """Return the changeset with every policy's body.

    Raises:
        LinkDocumentMalformedError: If a policy names a piece that the changeset does not list.
    """

    def whole(policy: PolicyDocument) -> PolicyDocument:
        if not policy.pieces:
            return policy
        try:
            body = b"".join(parts[name] for name in policy.pieces)
        except KeyError as error:
            raise LinkDocumentMalformedError(f"piece {error} is not among the parts") from error
        return replace(policy, body=body, pieces=())

    return _with_policies(changeset, whole)


def _with_policies(
    changeset: Changeset, change: Callable[[PolicyDocument], PolicyDocument]
) -> Changeset:
    groups = tuple(
        replace(group, policies=tuple(change(policy) for policy in group.policies))
        for group in changeset.groups
    )
    return replace(changeset, groups=groups)


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple)) or not all(
        isinstance(one, str) and _is_text(one) for one in values
    ):
        raise ValueError("a list of texts is none")
    return tuple(values)


def _load(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LinkDocumentMalformedError(f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise LinkDocumentMalformedError("not a JSON object")
    return content


def _build(kind: type[T], content: Any) -> T:
    try:
        return _checked(kind(**content))
    except TypeError as error:
        raise LinkDocumentMalformedError(f"{kind.__name__}: {error}") from error


def _checked(record: T) -> T:
    """Return a record whose fields are what they are declared to be; JSON promises nothing."""
    for each in fields(record):  # type: ignore[arg-type] # all records are dataclasses
        kind, value = get_origin(each.type) or each.type, getattr(record, each.name)
        if kind is int:
            fits = is_number(value)
        elif kind is str:
            fits = isinstance(value, str) and _is_text(value)
        else:
            fits = isinstance(value, kind)  # type: ignore[arg-type] # a class, its origin
        if not fits:
            raise LinkDocumentMalformedError(f"{each.name} of a {type(record).__name__} is no such")
    return record


def is_number(value: object) -> bool:
    """Whether a value is a number that documents of the link carry and stores keep."""
    return type(value) is int and 0 <= value <= MOST_NUMBER


def _is_text(value: str) -> bool:
    """Whether a text can be stored: half a surrogate, which JSON can write, cannot."""
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)


def _encode_bytes(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"{type(value).__name__} has no place in a link document")
