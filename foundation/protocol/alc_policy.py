"""The AutoUpdate policy (ALC): from where, how often and what to install.

* The primary location is the server of the policy; the secondary stays empty.
* ``Frequency`` is in minutes; a policy without a usable one is refused, not guessed.
* ``encode`` leaves RevID blank; whoever serves the policy seals it.

Provenance: documented for Linux products; that Windows ones read the same is inferred.
"""

from dataclasses import dataclass, field

from foundation.protocol.names import ALC, POLICY_TYPES
from foundation.protocol.policies import (
    COMPLIANCE_XMLNS,
    PolicyRefusedError,
    compliance_element,
    compliance_of,
    read_policy,
)
from foundation.protocol.reasons import Reason
from foundation.protocol.xml_reading import Element, is_true, plain_number
from foundation.protocol.xml_writing import attribute, truth

DEFAULT_UPDATE_INTERVAL_MINUTES = 60
DEFAULT_FEATURES = ("APPCNTRL", "AV", "CORE", "DVCCNTRL", "SAV", "WEBCNTRL")

_NAMESPACE = "http://www.sophos.com/EE/AUConfig"
_NO_SERVER = (
    '<server BandwidthLimit="0" AutoDial="false" Algorithm="" UserPassword="" UserName="" '
    'UseSophos="false" UseHttps="false" UseDelta="true" ConnectionAddress="" '
    'AllowLocalConfig="false"/>'
)
_NO_PROXY = (
    '<proxy ProxyType="0" ProxyUserPassword="" ProxyUserName="" ProxyPortNumber="0" '
    'ProxyAddress="" AllowLocalConfig="false"/>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlcPolicy:
    """The settings of AutoUpdate; ``rev_id`` is read, never written."""

    server_url: str
    interval_minutes: int = DEFAULT_UPDATE_INTERVAL_MINUTES
    user: str = ""
    password: str = field(default="", repr=False)
    enabled: bool = True
    use_https: bool = True
    bandwidth_limit: int = 0
    proxy_address: str = ""
    proxy_port: int = 0
    proxy_user: str = ""
    proxy_password: str = field(default="", repr=False)
    features: tuple[str, ...] = DEFAULT_FEATURES
    products: tuple[str, ...] = ()
    tag: str = "RECOMMENDED"
    subscriptions: tuple[str, ...] = ()
    customer_id: str = ""
    platform: str = "Linux"
    rev_id: str = field(default="", compare=False)

    def encode(self) -> bytes:
        """Return the document with a blank RevID."""
        return (
            f'<?xml version="1.0"?>\n<AUConfigurations {COMPLIANCE_XMLNS} xmlns="{_NAMESPACE}">'
            f"{compliance_element(POLICY_TYPES[ALC])}{_configuration(self)}"
            f"<Features>{_identified('Feature', self.features)}</Features>"
            f"<Products>{_identified('Product', self.products)}</Products>"
            '<intelligent_updating Enabled="false" SubscriptionPolicy=""/>'
            f'<customer id="{attribute(self.customer_id)}"/></AUConfigurations>'
        ).encode()


def decode_alc_policy(document: bytes) -> AlcPolicy:
    """Read an AutoUpdate policy.

    Raises:
        PolicyRefusedError: malformed, not one csc:Comp, without a server or a frequency.
    """
    root = read_policy(document)
    compliance = compliance_of(root)
    settings = root.first("AUConfig")
    location = settings.first("primary_location")
    server, proxy = location.first("server"), location.first("proxy")
    if root.name != "AUConfigurations" or not server.attribute("ConnectionAddress"):
        raise PolicyRefusedError(
            "The document is not an AutoUpdate policy with a server.", Reason.FIELD_MISSING
        )
    schedule = settings.first("schedule")
    subscriptions = settings.first("cloud_subscriptions").all("subscription")
    return AlcPolicy(
        server_url=server.attribute("ConnectionAddress"),
        interval_minutes=_frequency(schedule),
        user=server.attribute("UserName"),
        password=server.attribute("UserPassword"),
        enabled=is_true(schedule.attribute("SchedEnable", "true")),
        use_https=is_true(server.attribute("UseHttps")),
        bandwidth_limit=plain_number(server.attribute("BandwidthLimit")) or 0,
        proxy_address=proxy.attribute("ProxyAddress"),
        proxy_port=plain_number(proxy.attribute("ProxyPortNumber")) or 0,
        proxy_user=proxy.attribute("ProxyUserName"),
        proxy_password=proxy.attribute("ProxyUserPassword"),
        features=tuple(each.attribute("id") for each in root.first("Features").all("Feature")),
        products=tuple(each.attribute("id") for each in root.first("Products").all("Product")),
        tag=settings.first("cloud_subscription").attribute("Tag"),
        subscriptions=tuple(each.attribute("RigidName") for each in subscriptions),
        customer_id=root.first("customer").attribute("id"),
        platform=settings.attribute("platform"),
        rev_id=compliance.rev_id,
    )


def _frequency(schedule: Element) -> int:
    minutes = plain_number(schedule.attribute("Frequency"))
    if not minutes:
        raise PolicyRefusedError(
            "The AutoUpdate policy has no Frequency in minutes.", Reason.FIELD_MISSING
        )
    return minutes


def _configuration(policy: AlcPolicy) -> str:
    subscriptions = "".join(
        f'<subscription Id="{attribute(name)}" RigidName="{attribute(name)}" '
        f'Tag="{attribute(policy.tag)}"/>'
        for name in policy.subscriptions
    )
    return (
        f'<AUConfig platform="{attribute(policy.platform)}"><sophos_address address=""/>'
        f"<primary_location>{_server(policy)}{_proxy(policy)}</primary_location>"
        f"<secondary_location>{_NO_SERVER}{_NO_PROXY}</secondary_location>"
        f'<schedule AllowLocalConfig="false" SchedEnable="{truth(policy.enabled)}" '
        f'Frequency="{policy.interval_minutes}" DetectDialUp="false"/>'
        '<logging AllowLocalConfig="false" LogLevel="50" LogEnable="true" MaxLogFileSize="1"/>'
        '<bootstrap Location="" UsePrimaryServerAddress="true"/>'
        f'<cloud_subscription RigidName="" Tag="{attribute(policy.tag)}"/>'
        f"<cloud_subscriptions>{subscriptions}</cloud_subscriptions>"
        '<delay_supplements enabled="false"/></AUConfig>'
    )


def _server(policy: AlcPolicy) -> str:
    return (
        f'<server BandwidthLimit="{policy.bandwidth_limit}" AutoDial="false" Algorithm="Clear" '
        f'UserPassword="{attribute(policy.password)}" UserName="{attribute(policy.user)}" '
        f'UseSophos="false" UseHttps="{truth(policy.use_https)}" UseDelta="true" '
        f'ConnectionAddress="{attribute(policy.server_url)}" AllowLocalConfig="false"/>'
    )


def _proxy(policy: AlcPolicy) -> str:
    if not policy.proxy_address:
        return _NO_PROXY
    return (
        f'<proxy ProxyType="1" ProxyUserPassword="{attribute(policy.proxy_password)}" '
        f'ProxyUserName="{attribute(policy.proxy_user)}" '
        f'ProxyPortNumber="{policy.proxy_port}" '
        f'ProxyAddress="{attribute(policy.proxy_address)}" AllowLocalConfig="false"/>'
    )


def _identified(name: str, values: tuple[str, ...]) -> str:
    return "".join(f'<{name} id="{attribute(value)}"/>' for value in values)
