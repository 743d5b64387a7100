"""What a push channel is opened for, and with which headers. Pure.

* There is a target once the policy names a push server and the access token a device.
* When the target differs, another channel has to be opened.

Provenance: mcs-protocol 1.3 row 14, 1.7 (public).
"""

from dataclasses import dataclass, field

from endpoint.mcs_client.access import Access
from endpoint.mcs_client.routes import Ways
from endpoint.mcs_client.settings import Settings
from foundation.protocol import paths
from foundation.protocol.authorization import encode_bearer
from foundation.protocol.push import CAPABILITIES, CAPABILITIES_HEADER, CONTENT_TYPE


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where, as who and by which ways a client listens."""

    url: str
    device: str
    tenant: str
    token: str = field(repr=False)
    ping_timeout_s: float
    ways: Ways = field(default_factory=Ways)


def target_of(settings: Settings, access: Access) -> PushTarget | None:
    """Return the target under settings and an access token, None when there is none."""
    token = access.token
    if not settings.push_server or token is None or not access.device_id:
        return None
    return PushTarget(
        url=paths.join(settings.push_server, paths.push(access.device_id)),
        device=access.device_id,
        tenant=access.tenant_id,
        token=token.reveal(),
        ping_timeout_s=settings.push_ping_timeout_s,
        ways=settings.ways,
    )


def push_headers(target: PushTarget) -> dict[str, str]:
    """Return the headers of the request that opens a channel."""
    return {
        "Accept-Encoding": "identity",
        "Accept": CONTENT_TYPE,
        "Cache-Control": "no-cache",
        "Authorization": encode_bearer(target.token),
        "X-Device-ID": target.device,
        "X-Tenant-ID": target.tenant,
        CAPABILITIES_HEADER: CAPABILITIES,
    }
