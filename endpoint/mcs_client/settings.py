"""What the client goes by: config.xml, the applied MCS policy, and the options, in one view.

* Read anew whenever one of the two files changed, so a new poll interval counts from the next
  poll on.
* Servers, token and interval of the policy go before config.xml's; the option ``poll_interval_s``
  goes before the policy's interval and its floor.
* A file that cannot be read leaves what was read before in force.

Provenance: mcs-protocol.md 1.2, 1.5, 1.8 (public); the option is ours.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from endpoint.config import ConfigRefusedError, McsClientSettings, McsConfig, read_config
from endpoint.host import HostFolder, PathOutsideHostError
from endpoint.logs import EndpointLog
from endpoint.mcs_client.options import McsClientOptions
from endpoint.mcs_client.routes import Ways
from foundation.protocol.mcs_policy import (
    DEFAULT_POLL_INTERVAL_S,
    DEFAULT_PUSH_PING_TIMEOUT_S,
    LONGEST_INTERVAL_S,
    McsPolicy,
    decode_mcs_policy,
)
from foundation.protocol.names import MCS, POLICY_TYPES
from foundation.protocol.policies import PolicyRefusedError, policy_file_name

_WINDOWS_PATH: Final = re.compile(r"[A-Za-z]:[\\/]")
_Signature = tuple[int, int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings in force."""

    policy_servers: tuple[str, ...]
    configured_servers: tuple[str, ...]
    token: str = field(repr=False)
    poll_interval_s: float
    flags_interval_s: float
    device_id: str
    tenant_id: str
    ca: Path
    ca_changed_ns: int = 0
    ways: Ways = field(default_factory=Ways)
    push_server: str = ""
    push_ping_timeout_s: float = float(DEFAULT_PUSH_PING_TIMEOUT_S)
    push_fallback_poll_s: float = float(DEFAULT_POLL_INTERVAL_S)


def settings_under(
    policy: McsPolicy,
    *,
    configured_servers: tuple[str, ...],
    configured_token: str,
    override_s: float | None,
    ca: Path,
    system_proxies: tuple[str, ...] = (),
) -> Settings:
    """Return what an MCS policy and the configuration say together. Pure.

    Args:
        policy: The policy in force.
        configured_servers: Where LiveConnect is without a policy.
        configured_token: The token without one in the policy.
        override_s: Goes before every interval of polls.
        ca: The CA to trust.
        system_proxies: Those of the machine.
    """
    return Settings(
        policy_servers=policy.servers,
        configured_servers=configured_servers,
        token=policy.registration_token or configured_token,
        poll_interval_s=policy.effective_poll_interval_s if override_s is None else override_s,
        flags_interval_s=float(min(policy.flags_interval_s, LONGEST_INTERVAL_S)),
        device_id=policy.device_id,
        tenant_id=policy.tenant_id,
        ca=ca,
        ways=Ways(
            relays=policy.message_relays,
            proxies=policy.proxies,
            proxy_credentials=policy.proxy_credentials,
            system_proxies=system_proxies,
            use_system_proxy=policy.use_system_proxy,
            use_direct=policy.use_direct,
        ),
        # Only the first push server is used (documented).
        push_server=next(iter(policy.push_servers), ""),
        push_ping_timeout_s=float(min(policy.push_ping_timeout_s, LONGEST_INTERVAL_S)),
        push_fallback_poll_s=policy.effective_push_fallback_poll_s
        if override_s is None
        else override_s,
    )


class SettingsSource:
    """The settings of one host, as they are now."""

    def __init__(self, host: HostFolder, options: McsClientOptions, log: EndpointLog) -> None:
        self._config_path = host.config_file
        self._policy_path = host.persist / policy_file_name(MCS, POLICY_TYPES[MCS])
        self._options = options
        self._log = log
        self._host = host
        self._config, self._config_signature = McsConfig().client, _signature(None)
        self._refused_ca = ""
        self._policy: McsPolicy | None = None
        self._policy_signature = _signature(None)

    def current(self) -> Settings:
        """The settings in force now."""
        self._read_config()
        self._read_policy()
        config, policy = (
            self._config,
            self._policy or _without_policy(self._config),
        )
        ca = self._ca()
        settings = settings_under(
            policy,
            configured_servers=config.servers,
            configured_token=config.registration_token.reveal(),
            override_s=self._options.poll_interval_s,
            ca=ca,
            system_proxies=(*config.proxies, *self._options.system_proxies),
        )
        return replace(settings, ca_changed_ns=_changed_ns(ca))

    def _ca(self) -> Path:
        """The CA that config.xml names, by a Windows or a real path, or the installed one."""
        named = self._config.ca_file
        if not named:
            return self._host.server_ca
        if not _WINDOWS_PATH.match(named):
            return Path(named)
        try:
            return self._host.path(named)
        except PathOutsideHostError as error:
            if named != self._refused_ca:
                self._refused_ca = named
                self._log.warning("Settings", f"caFile is left aside: {error}")
            return self._host.server_ca

    def _read_config(self) -> None:
        signature = _signature(self._config_path)
        if signature == self._config_signature:
            return
        self._config_signature = signature
        if signature is None:
            return
        try:
            self._config = read_config(self._config_path).client
        except ConfigRefusedError as error:
            self._log.warning("Settings", f"config.xml is left aside: {error}")

    def _read_policy(self) -> None:
        signature = _signature(self._policy_path)
        if signature == self._policy_signature:
            return
        self._policy_signature = signature
        if signature is None:
            self._policy = None
            return
        try:
            self._policy = decode_mcs_policy(self._policy_path.read_bytes())
        except (PolicyRefusedError, FileNotFoundError) as error:
            self._log.warning("Settings", f"The MCS policy is left aside: {error}")


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _without_policy(config: McsClientSettings) -> McsPolicy:
    """Return what config.xml says before there is a policy."""
    return McsPolicy(
        poll_interval_s=config.command_polling_interval_s,
        use_system_proxy=config.use_system_proxy,
        use_direct=config.use_direct,
    )


def _signature(path: Path | None) -> _Signature:
    try:
        stat = None if path is None else path.stat()
    except FileNotFoundError:
        return None
    return None if stat is None else (stat.st_ino, stat.st_mtime_ns, stat.st_size)
