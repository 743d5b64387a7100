import json
import stat

import pytest

from endpoint.autoupdate.config import load_config
from endpoint.mcs_agent.adapters import ADAPTERS
from endpoint.mcs_agent.adapters.base import PolicyOfAnotherTypeError, is_truncated
from endpoint.mcs_agent.adapters.mcs import settings_file
from endpoint.mcs_agent.adapters.tamper_protection import tamper_protection_file
from foundation.durable.files import SECRET_MODE, write_atomic
from foundation.protocol.policies import PolicyRefusedError
from foundation.protocol.reasons import Reason


def write_all(host, configuration):
    for file in configuration.files:
        assert file.write(host)


@pytest.mark.parametrize("app", list(ADAPTERS))
def test_mcs_08_every_adapter_names_the_revision_of_its_policy(app, documents):
    rev_id, body = documents[app]
    configuration = ADAPTERS[app].configure(body)
    assert configuration.rev_id == rev_id
    assert configuration.files


@pytest.mark.parametrize("app", list(ADAPTERS))
def test_an_adapter_gives_the_same_files_for_the_same_bytes(app, documents):
    body = documents[app][1]
    data = [file.data for file in ADAPTERS[app].configure(body).files]
    assert data == [file.data for file in ADAPTERS[app].configure(body).files]


@pytest.mark.parametrize("app", list(ADAPTERS))
def test_a_truncated_policy_is_refused_as_truncated(app, documents):
    body = documents[app][1]
    for length in (len(body) // 2, len(body) - 3):
        with pytest.raises(PolicyRefusedError) as refused:
            ADAPTERS[app].configure(body[:length])
        assert refused.value.reason is Reason.POLICY_TRUNCATED


@pytest.mark.parametrize("app", list(ADAPTERS))
def test_a_policy_without_revision_is_refused(app, documents):
    rev_id, body = documents[app]
    with pytest.raises(PolicyRefusedError) as refused:
        ADAPTERS[app].configure(body.replace(rev_id.encode(), b""))
    assert refused.value.reason is Reason.REVISION_MISSING


def test_a_policy_of_another_type_is_refused(documents):
    with pytest.raises(PolicyOfAnotherTypeError):
        ADAPTERS["SAV"].configure(documents["SWC"][1])


def test_an_empty_policy_is_refused():
    with pytest.raises(PolicyRefusedError):
        ADAPTERS["SWC"].configure(b"")


def test_a_document_without_a_root_is_not_called_truncated():
    assert not is_truncated(b"this was never a policy")


def test_ins_05_the_alc_adapter_hands_server_and_interval_to_autoupdate(host, documents):
    rev_id, body = documents["ALC"]
    write_all(host, ADAPTERS["ALC"].configure(body))
    config = load_config(host)
    assert config.server_url == "https://localhost:4443/software"
    assert (config.interval_minutes, config.rev_id) == (15, rev_id)


def test_alc_status_carries_the_machine_id(host):
    write_atomic(host.machine_id_file, b"EP-1\n")
    assert ADAPTERS["ALC"].facts(host) == {"endpoint_id": "EP-1"}


def test_web_control_gets_the_served_bytes(host, documents):
    body = documents["SWC"][1]
    write_all(host, ADAPTERS["SWC"].configure(body))
    assert host.web_control_policy.read_bytes() == body


def test_mcs_01_tamper_protection_settings_are_readable_by_their_owner_only(host, documents):
    write_all(host, ADAPTERS["TPROT"].configure(documents["TPROT"][1]))
    path = tamper_protection_file(host)
    assert stat.S_IMODE(path.stat().st_mode) == SECRET_MODE
    assert json.loads(path.read_bytes())["enabled"] is True


def test_the_tamper_password_hash_is_not_in_the_status(documents):
    details = dict(ADAPTERS["TPROT"].configure(documents["TPROT"][1]).details)
    assert details == {"tamper_protection": "on"}


def test_mcs_01_device_control_counts_limited_classes(documents):
    assert ADAPTERS["DEVCTL"].configure(documents["DEVCTL"][1]).summary.startswith("1 device")


def test_the_mcs_settings_file_shows_no_token(host, documents):
    write_all(host, ADAPTERS["MCS"].configure(documents["MCS"][1]))
    settings = json.loads(settings_file(host).read_bytes())
    assert settings["poll_interval_s"] == 20.0
    assert not any("token" in name for name in settings)
