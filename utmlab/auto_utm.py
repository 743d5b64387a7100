"""The smallest UTM that a broker can have: one tenant, one group, one policy, a token.

- It comes over the real link, with a key of its own and a CSR; there is no confd behind it.
- Its key is made once, so that the next start is the same tenant with the same token.
- What endpoints are assigned: LiveConnect's own MCS policy, and an AutoUpdate policy from here.

Provenance: ours.
"""

from pathlib import Path

from foundation.protocol.alc_policy import AlcPolicy
from foundation.protocol.link import (
    Changeset,
    GroupPolicies,
    PolicyDocument,
    RegisterRequest,
    Registration,
    encode_document,
)
from foundation.protocol.names import ALC, POLICY_TYPES
from foundation.protocol.policies import seal
from foundation.service import Now
from utm.epsecd.registration import LinkCredentials
from utm.link_client import LinkClient

ORGANIZATION = "auto-utm"
GROUP = "group-default"


async def register_auto_utm(
    link_url: str, ca: Path, folder: Path, *, software_url: str, now: Now
) -> Registration:
    """Register the UTM and have its changeset committed; return what LiveConnect answered.

    Args:
        link_url: LiveConnect's UTM link.
        ca: LiveConnect's CA file.
        folder: Where the UTM keeps its key and its certificate.
        software_url: What the AutoUpdate policy names.
        now: The clock.

    Raises:
        DomainError: If LiveConnect refuses it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    credentials = LinkCredentials(folder)
    stranger = LinkClient(link_url, ca=ca, now=now)
    try:
        registration = await stranger.register(
            RegisterRequest(credentials.request(ORGANIZATION, ORGANIZATION), ORGANIZATION)
        )
    finally:
        await stranger.close()
    credentials.store(registration)
    known = LinkClient(
        link_url, ca=ca, now=now, certificate=credentials.certificate, key=credentials.key
    )
    try:
        changeset = _changeset(registration.epoch, software_url)
        await known.push(changeset.epoch, changeset.number, encode_document(changeset))
    finally:
        await known.close()
    return registration


def _changeset(epoch: int, software_url: str) -> Changeset:
    revision, body = seal(AlcPolicy(server_url=software_url).encode())
    policy = PolicyDocument(ALC, POLICY_TYPES[ALC], revision, body)
    group = GroupPolicies(GROUP, "Default", (policy,))
    return Changeset(epoch=epoch, number=1, enabled=True, default_group=GROUP, groups=(group,))
