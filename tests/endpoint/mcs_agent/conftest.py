"""A host with every product installed, and an agent's parts over it."""

from datetime import UTC, datetime

import pytest

from endpoint.handover import Handover
from endpoint.host import HostFolder
from endpoint.logs import EndpointLog, FixedLevel
from endpoint.products import ANTI_VIRUS, AUTOUPDATE, WEB_CONTROL, InstalledProducts
from foundation.durable.doorbell import EventDoorbell
from foundation.protocol.alc_policy import AlcPolicy
from foundation.protocol.device_policy import DevicePolicy
from foundation.protocol.mcs_policy import McsPolicy
from foundation.protocol.policies import seal
from foundation.protocol.sav_policy import SavPolicy
from foundation.protocol.tamper_policy import TamperPolicy
from foundation.webfilter.policy import FilterAction, Profile, WebPolicy
from foundation.webfilter.policy_xml import encode_web_policy

AT = datetime(2026, 11, 20, 23, 20, 18, tzinfo=UTC)


def now():
    return AT


@pytest.fixture
def clock():
    return now


def web_policy(group="REF_Group", blocked=116):
    action = FilterAction(ref="REF_Action", categories=(blocked,))
    base = Profile(ref="REF_Base", default_action_ref="REF_Action", is_base=True)
    return WebPolicy(group_ref=group, profiles=(base,), actions=(action,))


@pytest.fixture
def documents():
    """App → (RevID, bytes) of one policy each, sealed."""
    blank = {
        "MCS": McsPolicy(servers=("https://localhost:4443/ep",)).encode(),
        "ALC": AlcPolicy(
            server_url="https://localhost:4443/software", interval_minutes=15
        ).encode(),
        "SAV": SavPolicy(on_access_scanning=True).encode(),
        "TPROT": TamperPolicy(enabled=True, password_hash="ab" * 32).encode(),
        "DEVCTL": DevicePolicy(classes={"modem": "blocked", "wireless": "allowed"}).encode(),
        "SWC": encode_web_policy(web_policy()),
    }
    return {app: seal(body) for app, body in blank.items()}


@pytest.fixture
def other_web_policy():
    """Another web policy: RevID, bytes."""
    return seal(encode_web_policy(web_policy(blocked=133)))


@pytest.fixture
def host(tmp_path):
    host = HostFolder(tmp_path / "laptop")
    products = InstalledProducts(host)
    for name in (AUTOUPDATE, ANTI_VIRUS, WEB_CONTROL):
        products.install(name, "10.8.4")
    return host


@pytest.fixture
def handover(host):
    return Handover(host, persist_bell=EventDoorbell(), spool_bell=EventDoorbell())


@pytest.fixture
def log(host):
    return EndpointLog(host.agent_log, FixedLevel(), now)
