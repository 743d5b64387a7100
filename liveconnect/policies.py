"""Policies as LiveConnect sees them: bytes, an app id and a RevID.

- The one policy LiveConnect compiles itself is MCS: it alone knows its address and the device id
  of each endpoint, which must equal the one in the access token.
- What a UTM sends is served as the very bytes it sent; a document whose RevID is not the one
  announced is refused, and its changeset with it.
- A large policy is handed out in fragments; the id of a fragment is the SHA-256 of its bytes,
  since clients cache fragments for ever by id. They are cut by content, so that a small change of
  a large policy leaves most of them as they were.

Provenance: MCS policy, fragments and content-hash ids are documented; the size limit is ours.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from foundation.protocol.link import Changeset, PolicyDocument
from foundation.protocol.mcs_policy import SHORTEST_POLL_INTERVAL_S, McsPolicy
from foundation.protocol.names import MCS, POLICY_TYPES
from foundation.protocol.pieces import cut, piece_id
from foundation.protocol.policies import PolicyRefusedError, read_compliance, seal
from foundation.protocol.reasons import Reason
from liveconnect.commands import Wanted
from liveconnect.refusals import DocumentRefusedError
from liveconnect.store.records import TenantKeys

LAST_KEPT = 10
"""How many policies of an app stay fetchable for an endpoint, beside the one in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """A policy as it is stored: with its pieces when it is handed out in fragments."""

    document: PolicyDocument
    pieces: tuple[tuple[str, bytes], ...] = ()

    @property
    def wanted(self) -> Wanted:
        """What is assigned to an app that shall have this policy."""
        return Wanted(
            app_id=self.document.app_id,
            policy_type=self.document.policy_type,
            policy_id=self.document.revision,
            fragments=tuple(piece_id for piece_id, _ in self.pieces),
        )


@dataclass(frozen=True, slots=True)
class PushOffer:
    """What an MCS policy says of the push channel, which is on the server itself."""

    ping_timeout_s: int
    fallback_poll_s: int | None


class McsPolicies:
    """Compiles the MCS policy of an endpoint.

    Args:
        server_url: The address that endpoints are given.
        poll_interval_s: How often they shall ask.
        push: The push channel; None when it is not offered.
    """

    def __init__(
        self,
        server_url: Callable[[], str],
        poll_interval_s: float,
        push: PushOffer | None = None,
    ) -> None:
        self._server_url = server_url
        self._push = push
        # The document holds whole seconds.
        # Clients keep the floor anyway; a faster lab overrides it in its own clients.
        self._poll_interval_s = max(SHORTEST_POLL_INTERVAL_S, round(poll_interval_s))

    @property
    def settings(self) -> str:
        """What every MCS policy has in common, trust aside."""
        said = f"{self._server_url()} {self._poll_interval_s}"
        return said if self._push is None else f"{said} {self._push}"

    def compile(self, keys: TenantKeys, device_id: str) -> PolicyDocument:
        """Return the sealed policy for one device."""
        policy = McsPolicy(
            device_id=device_id,
            tenant_id=keys.tenant,
            customer_id=keys.tenant,
            registration_token=keys.token,
            servers=(self._server_url(),),
            poll_interval_s=self._poll_interval_s,
            trusted_ca=keys.trusted_ca,
        )
        policy = keys.ways.put_into(policy)
        if self._push is not None:
            policy = replace(
                policy,
                push_servers=(self._server_url(),),
                push_ping_timeout_s=self._push.ping_timeout_s,
                push_fallback_poll_s=self._push.fallback_poll_s,
            )
        revision, body = seal(policy.encode())
        return PolicyDocument(MCS, POLICY_TYPES[MCS], revision, body)


def check_changeset(changeset: Changeset) -> None:
    """Check that every policy of a changeset can be served and every group it names exists once.

    Raises:
        DocumentRefusedError: If not; the sentence names the group and the app.
    """
    groups = {group.ref for group in changeset.groups}
    if len(groups) < len(changeset.groups):
        raise DocumentRefusedError(
            Reason.FIELD_MISSING, "two groups of the changeset have the same ref"
        )
    named = set(changeset.membership.values())
    if changeset.groups or changeset.default_group:
        named.add(changeset.default_group)
    for ref in sorted(named - groups):
        raise DocumentRefusedError(
            Reason.GROUP_UNKNOWN, f"the changeset names the group {ref}, which it does not hold"
        )
    checked: set[tuple[str, str, bytes]] = set()
    for group in changeset.groups:
        for policy in group.policies:
            # Groups often share a policy; reading it once is enough.
            key = (policy.app_id, policy.revision, policy.body)
            if key not in checked:
                _check_policy(group.name, policy)
                checked.add(key)


def pieces_of(body: bytes, *, above: int) -> tuple[tuple[str, bytes], ...]:
    """Return the fragments of a policy with their ids, none when it travels whole."""
    if len(body) <= above:
        return ()
    return tuple((piece_id(piece), piece) for piece in cut(body))


def _check_policy(group: str, policy: PolicyDocument) -> None:
    where = f"the {policy.app_id} policy of group {group}"
    if not policy.app_id.isalnum():
        raise DocumentRefusedError(Reason.APP_UNKNOWN, f"{where}: an app id is letters and digits")
    if policy.app_id == MCS:
        raise DocumentRefusedError(
            Reason.APP_UNKNOWN, f"{where} is not the UTM's to compile: it is LiveConnect's"
        )
    try:
        compliance = read_compliance(policy.body)
    except PolicyRefusedError as error:
        raise DocumentRefusedError(error.reason, f"{where}: {error}") from error
    if compliance.rev_id != policy.revision or compliance.policy_type != policy.policy_type:
        raise DocumentRefusedError(
            Reason.DIGEST_WRONG, f"{where} carries another RevID or type than announced"
        )
