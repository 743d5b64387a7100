"""The paths of MCS, relative to the base path.

* Every path begins with a slash; ``join`` appends one to a configured base URL.
* Lists of applications and of command ids keep their literal ``;``; everything else that could be
  mistaken for syntax is percent-encoded.

Provenance: documented.
"""

from collections.abc import Iterable
from urllib.parse import quote, unquote


def join(base_url: str, path: str) -> str:
    """Append a path to a base URL; a trailing slash of the base is tolerated."""
    return base_url.rstrip("/") + path


def capabilities() -> str:
    """Return the path of the capabilities call: the bare base."""
    return ""


def register() -> str:
    """Return the path of enrolment and of re-registration."""
    return "/register"


def deployment_info() -> str:
    """Return the path of the optional check before an installation."""
    return "/install/deployment-info/2"


def commands(app_ids: Iterable[str], endpoint_id: str) -> str:
    """Return the path of the command poll."""
    return f"/commands/applications/{_listed(app_ids)}/endpoint/{_one(endpoint_id)}"


def command_ack(endpoint_id: str, command_ids: Iterable[str]) -> str:
    """Return the path that acknowledges, that is deletes, commands."""
    return f"/commands/endpoint/{_one(endpoint_id)}/{_listed(command_ids)}"


def policy(app_id: str, policy_id: str) -> str:
    """Return the path of a policy."""
    return f"/policy/application/{_one(app_id)}/{_one(policy_id)}"


def policy_fragment(app_id: str, fragment_id: str) -> str:
    """Return the path of one piece of a policy."""
    return f"/policy/fragment/application/{_one(app_id)}/{_one(fragment_id)}"


def authenticate(endpoint_id: str) -> str:
    """Return the path that answers with a JWT."""
    return f"/authenticate/endpoint/{_one(endpoint_id)}/role/endpoint"


def flags(endpoint_id: str) -> str:
    """Return the path of the feature flags."""
    return f"/flags/endpoint/{_one(endpoint_id)}"


def statuses(endpoint_id: str) -> str:
    """Return the path that takes statuses."""
    return f"/statuses/endpoint/{_one(endpoint_id)}"


def events(endpoint_id: str) -> str:
    """Return the path that takes events."""
    return f"/events/endpoint/{_one(endpoint_id)}"


def response(device_id: str, app_id: str, command_id: str) -> str:
    """Return the path that takes the response to one command."""
    return (
        f"/v2/responses/device/{_one(device_id)}/app_id/{_one(app_id)}"
        f"/correlation_id/{_one(command_id)}"
    )


def data_feed(device_id: str, feed_id: str) -> str:
    """Return the path that takes a data feed."""
    return f"/v2/data_feed/device/{_one(device_id)}/feed_id/{_one(feed_id)}"


def push(device_id: str) -> str:
    """Return the path of the push stream, relative to the push server."""
    return f"/v2/push/device/{_one(device_id)}"


def migrate() -> str:
    """Return the path at which an endpoint comes from another server."""
    return "/v2/migrate"


def split_list(text: str) -> tuple[str, ...]:
    """Read a ``;`` list out of a path segment as it stands in the request line."""
    return tuple(unquote(part) for part in text.split(";") if part)


def _one(segment: str) -> str:
    return quote(segment, safe="")


def _listed(segments: Iterable[str]) -> str:
    return ";".join(_one(segment) for segment in segments)
