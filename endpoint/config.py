r"""config.xml of the management communication system: what the client and the agent are told.

* One root `<Configuration>` with `<McsClient>` and `<McsAgent>` inside. The article prints the
  two without a root; a file pasted from it is read as well (seed).
* Element names are those of the MCS policy, booleans are 1 and 0 (public); `logLevel` is text
  here, because a bad level must not make the rest unreadable: `endpoint.logs` judges it (seed).
* Scalar elements that this version does not know are kept when the file is written again.
* The file holds the registration token, so it is written with mode 0600, atomically.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final
from xml.sax.saxutils import escape

from foundation.durable.files import write_secret
from foundation.errors import DomainError
from foundation.net.xml_guard import XmlRefusedError, parse_xml
from foundation.redact import Secret

LARGEST_BYTES: Final = 1_000_000
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_ROOT = "Configuration"


class ConfigRefusedError(DomainError):
    """config.xml cannot be understood; nothing of it is used."""

    code: ClassVar[str] = "config_refused"
    hint: ClassVar[str] = (
        "Expected <Configuration> with <McsClient> and <McsAgent>; compare the file with another "
        "endpoint's."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class McsClientSettings:
    """The part of the MCS Client. `log_level` is as written, empty when there is none."""

    log_level: str = ""
    servers: tuple[str, ...] = ()
    registration_token: Secret = field(default_factory=lambda: Secret(""))
    customer_id: str = ""
    tenant_id: str = ""
    policy_change_servers: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    message_relays: tuple[str, ...] = ()
    use_system_proxy: bool = True
    use_automatic_proxy: bool = True
    use_direct: bool = True
    random_skew_factor: int = 0
    command_polling_interval_s: int = 20
    ca_file: str = ""
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class McsAgentSettings:
    """The part of the MCS Agent."""

    log_level: str = ""
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class McsConfig:
    """All of config.xml."""

    client: McsClientSettings = field(default_factory=McsClientSettings)
    agent: McsAgentSettings = field(default_factory=McsAgentSettings)


def decode_config(data: bytes) -> McsConfig:
    """Read the content of a config.xml.

    Raises:
        ConfigRefusedError: when it is not XML, has another root, or a value is of the wrong kind.
    """
    root = _root(data)
    return McsConfig(client=_client(root.get("McsClient")), agent=_agent(root.get("McsAgent")))


def encode_config(config: McsConfig) -> bytes:
    """Write the content of a config.xml, always with its one root."""
    client, agent = config.client, config.agent
    body = _section("McsClient", [*_client_elements(client), *_extra(client.extra)]) + _section(
        "McsAgent", [*_level(agent.log_level), *_extra(agent.extra)]
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{_ROOT}>\n{body}</{_ROOT}>\n'.encode()


def read_config(path: Path) -> McsConfig:
    """Read config.xml; a missing file is an empty configuration.

    Raises:
        ConfigRefusedError: as `decode_config`.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return McsConfig()
    return decode_config(data)


def write_config(path: Path, config: McsConfig) -> None:
    """Replace config.xml in one step."""
    write_secret(path, encode_config(config))


def _root(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigRefusedError(f"config.xml is not UTF-8: {error}") from error
    if len(data) > LARGEST_BYTES:
        raise ConfigRefusedError(f"config.xml has {len(data)} bytes")
    if not text.strip():
        raise ConfigRefusedError("config.xml is empty")
    text = _DECLARATION.sub("", text)
    if not re.match(rf"\s*(?:<!--.*?-->\s*)*<{_ROOT}[\s/>]", text, re.DOTALL):
        text = f"<{_ROOT}>{text}</{_ROOT}>"  # the article's two elements side by side
    try:
        root = parse_xml(text)[_ROOT]
    except XmlRefusedError as error:
        raise ConfigRefusedError(f"config.xml: {error}") from error
    if root is None:
        return {}
    if not isinstance(root, dict) or not {"McsClient", "McsAgent"} & root.keys():
        raise ConfigRefusedError("config.xml has neither <McsClient> nor <McsAgent>")
    return root


def _client(section: Any) -> McsClientSettings:
    values = _Section("McsClient", section)
    return McsClientSettings(
        log_level=values.text("logLevel"),
        servers=values.texts("servers", "server"),
        registration_token=Secret(values.text("registrationToken")),
        customer_id=values.text("customerId"),
        tenant_id=values.text("tenantId"),
        policy_change_servers=values.texts("policyChangeServers", "policyChangeServer"),
        proxies=values.texts("proxies", "proxy"),
        message_relays=values.texts("messageRelays", "messageRelay"),
        use_system_proxy=values.flag("useSystemProxy"),
        use_automatic_proxy=values.flag("useAutomaticProxy"),
        use_direct=values.flag("useDirect"),
        random_skew_factor=values.number("randomSkewFactor", 0),
        command_polling_interval_s=values.number("commandPollingInterval", 20),
        ca_file=values.text("caFile"),
        extra=values.rest(),
    )


def _agent(section: Any) -> McsAgentSettings:
    values = _Section("McsAgent", section)
    return McsAgentSettings(log_level=values.text("logLevel"), extra=values.rest())


class _Section:
    """Reads the children of one section and remembers which were asked for."""

    def __init__(self, name: str, value: Any) -> None:
        if isinstance(value, list) or (isinstance(value, str) and value.strip()):
            raise ConfigRefusedError(f"config.xml: <{name}> must be one element of elements")
        self._name = name
        self._values: dict[str, Any] = value if isinstance(value, dict) else {}
        self._asked: set[str] = set()

    def text(self, name: str) -> str:
        self._asked.add(name)
        value = self._values.get(name)
        if value is None:
            return ""
        if isinstance(value, dict):
            value = value.get("#text", "")
        if not isinstance(value, str):
            raise ConfigRefusedError(f"config.xml: <{self._name}> has more than one <{name}>")
        return value.strip()

    def texts(self, name: str, child: str) -> tuple[str, ...]:
        self._asked.add(name)
        parent = self._values.get(name)
        found = parent.get(child) if isinstance(parent, dict) else None
        listed = found if isinstance(found, list) else [found]
        return tuple(text.strip() for text in listed if isinstance(text, str) and text.strip())

    def flag(self, name: str) -> bool:
        text = self.text(name).lower() or "1"
        if text not in {"0", "1", "false", "true"}:
            raise ConfigRefusedError(f"config.xml: <{name}> is {text!r}, neither 1 nor 0")
        return text in {"1", "true"}

    def number(self, name: str, default: int) -> int:
        text = self.text(name) or str(default)
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise ConfigRefusedError(f"config.xml: <{name}> is {text!r}, not a number")
        return int(text)

    def rest(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (name, value or "")
            for name, value in self._values.items()
            if name not in self._asked
            and _NAME.fullmatch(name)
            and (value is None or isinstance(value, str))
        )


def _client_elements(client: McsClientSettings) -> list[str]:
    return [
        *_level(client.log_level),
        _list("servers", "server", client.servers),
        _element("registrationToken", client.registration_token.reveal()),
        _element("customerId", client.customer_id),
        _element("tenantId", client.tenant_id),
        _list("policyChangeServers", "policyChangeServer", client.policy_change_servers),
        _list("proxies", "proxy", client.proxies),
        _list("messageRelays", "messageRelay", client.message_relays),
        _element("useSystemProxy", str(int(client.use_system_proxy))),
        _element("useAutomaticProxy", str(int(client.use_automatic_proxy))),
        _element("useDirect", str(int(client.use_direct))),
        _element("randomSkewFactor", str(client.random_skew_factor)),
        _element("commandPollingInterval", str(client.command_polling_interval_s)),
        _element("caFile", client.ca_file),
    ]


def _level(text: str) -> list[str]:
    return [_element("logLevel", text)] if text else []


def _extra(extra: tuple[tuple[str, str], ...]) -> list[str]:
    return [_element(name, text) for name, text in extra]


def _section(name: str, elements: list[str]) -> str:
    inner = "".join(f"    {element}\n" for element in elements)
    return f"  <{name}>\n{inner}  </{name}>\n"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>"


def _list(name: str, child: str, texts: tuple[str, ...]) -> str:
    inner = "".join(_element(child, text) for text in texts)
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"
