"""AutoUpdate's configuration: what the ALC policy says, in the component's own file.

- Written by the ALC adapter (and by setup's step 5 through the same adapter), read by AutoUpdate.
- May hold the proxy's password, so only its owner may read it.

Provenance: server and interval from the policy are the seed's (INS-05); the file is ours.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from endpoint.host import HostFolder
from foundation.errors import DomainError

_VERSION: Final = 1


class AutoUpdateNotConfiguredError(DomainError):
    """AutoUpdate has no configuration that it can read."""

    code: ClassVar[str] = "autoupdate_not_configured"
    hint: ClassVar[str] = "wait for the ALC policy, or run setup again"


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoUpdateConfig:
    """Where AutoUpdate looks and how often.

    Attributes:
        server_url: Where packages are.
        interval_minutes: Time between two looks; 0 means only when asked.
        rev_id: The ALC policy that said so.
        proxy_url: The proxy on the way there; empty for none.
        proxy_user: Its login.
        proxy_password: Its login.
    """

    server_url: str
    interval_minutes: int
    rev_id: str
    proxy_url: str = ""
    proxy_user: str = ""
    proxy_password: str = field(default="", repr=False)


def config_file(host: HostFolder) -> Path:
    """Return the configuration's place on a host."""
    return host.autoupdate_config / "config.json"


def encode_config(config: AutoUpdateConfig) -> bytes:
    """Return the file's bytes."""
    return json.dumps({"version": _VERSION, **asdict(config)}, indent=2).encode() + b"\n"


def load_config(host: HostFolder) -> AutoUpdateConfig:
    """Read the configuration.

    Raises:
        AutoUpdateNotConfiguredError: If it is missing or damaged.
    """
    path = config_file(host)
    try:
        document = json.loads(path.read_bytes())
        if document["version"] != _VERSION:
            raise AutoUpdateNotConfiguredError(f"{path} is of version {document['version']}")
        return AutoUpdateConfig(
            server_url=str(document["server_url"]),
            interval_minutes=int(document["interval_minutes"]),
            rev_id=str(document["rev_id"]),
            proxy_url=str(document["proxy_url"]),
            proxy_user=str(document["proxy_user"]),
            proxy_password=str(document["proxy_password"]),
        )
    except FileNotFoundError as error:
        raise AutoUpdateNotConfiguredError(f"{path} does not exist") from error
    except (ValueError, KeyError, TypeError) as error:
        raise AutoUpdateNotConfiguredError(f"{path} cannot be read") from error
