"""The public client: Ansible's utm modules, as they are, against the API over TLS.

Each state module runs present, present, absent, absent. One playbook shows that the way through
Ansible itself is no other.
"""

import asyncio
import json
import os
from pathlib import Path

import pytest

from utm.access import stored_secrets

pytestmark = [pytest.mark.peer, pytest.mark.timeout(600)]

ANSIBLE = Path(__file__).parents[3] / ".venv-ansible/bin"
MODULES = "ansible_collections.community.general.plugins.modules"

STATE_MODULES = {
    "utm_aaa_group": {"backend_match": "none", "comment": "by Ansible"},
    "utm_ca_host_key_cert": {"ca": "REF_x", "meta": "REF_y", "certificate": "PEM"},
    "utm_dns_host": {"hostname": "host.example"},
    "utm_network_interface_address": {"address": "192.0.2.7"},
    "utm_proxy_auth_profile": {
        "aaa": ["REF_DefaultSuperAdminGroup"],
        "basic_prompt": "Log in",
        "frontend_session_lifetime": 1,
        "frontend_session_timeout": 1,
    },
    "utm_proxy_frontend": {"domain": ["www.example"], "port": 443, "type": "https"},
    "utm_proxy_location": {"path": "/shop", "backend": []},
}
INFO_MODULES = {
    "utm_aaa_group_info": "utm_aaa_group",
    "utm_ca_host_key_cert_info": "utm_ca_host_key_cert",
    "utm_network_interface_address_info": "utm_network_interface_address",
    "utm_proxy_frontend_info": "utm_proxy_frontend",
    "utm_proxy_location_info": "utm_proxy_location",
}


@pytest.fixture
def ansible(utm):
    """Run one module; returns what it says."""
    folder = utm.config.data / "webadmin"
    connection = {
        "utm_host": "localhost",
        "utm_port": utm.front_door.port,
        "utm_token": stored_secrets(folder)["token"],
    }
    # The modules have no option for a CA file; Python's own variable serves them.
    environment = os.environ | {"SSL_CERT_FILE": str(folder / "webadmin.crt")}

    async def run(module, **arguments):
        given = {"ANSIBLE_MODULE_ARGS": {"name": "utmlab test", **connection, **arguments}}
        said = await finished(
            ANSIBLE / "python", "-m", f"{MODULES}.{module}", input_=given, environment=environment
        )
        return json.loads(said)

    run.connection, run.environment = connection, environment
    return run


async def finished(*command, input_=None, environment):
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    said, errors = await process.communicate(json.dumps(input_).encode())
    assert process.returncode == 0, (said + errors).decode()
    return said


async def changes(ansible, module, arguments):
    said = [
        await ansible(module, state=state, **arguments)
        for state in ("present", "present", "absent", "absent")
    ]
    return [one["changed"] for one in said]


@pytest.mark.parametrize("module", STATE_MODULES)
async def test_present_present_absent_absent_is_changed_ok_changed_ok(ansible, module):
    assert await changes(ansible, module, STATE_MODULES[module]) == [True, False, True, False]


async def test_the_exception_module_compares_a_comment_that_it_cannot_be_given(ansible):
    # It looks for `comment` null, and an object's comment is a text: it writes again.
    done = await changes(ansible, "utm_proxy_exception", {"path": ["/x"], "skipav": True})

    assert done == [True, True, True, False]


async def test_a_private_key_that_nobody_reads_back_is_written_again(ansible):
    arguments = {**STATE_MODULES["utm_ca_host_key_cert"], "key": "PRIVATE"}

    assert await changes(ansible, "utm_ca_host_key_cert", arguments) == [True, True, True, False]


@pytest.mark.parametrize("module", INFO_MODULES)
async def test_an_info_module_reads_what_its_sibling_made(ansible, module):
    sibling = INFO_MODULES[module]
    absent = await ansible(module)

    await ansible(sibling, state="present", **STATE_MODULES[sibling])
    found = await ansible(module)

    assert (absent["changed"], "result" in absent) == (False, False)
    assert found["result"]["name"] == "utmlab test"
    assert "utm_token" not in found["result"]


async def test_a_changed_argument_is_put(ansible, rest):
    await ansible("utm_dns_host", state="present", hostname="old.example")

    said = await ansible("utm_dns_host", state="present", hostname="new.example")

    assert said["changed"]
    [found] = (await rest.get("/objects/network/dns_host/")).value
    assert found["hostname"] == "new.example"


async def test_a_refusal_reaches_the_user_of_the_module(ansible):
    given = {"ANSIBLE_MODULE_ARGS": {**ansible.connection, "name": "x", "address": "no address"}}
    process = await asyncio.create_subprocess_exec(
        *(ANSIBLE / "python", "-m", f"{MODULES}.utm_network_interface_address"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=ansible.environment,
    )
    said, _ = await process.communicate(json.dumps(given).encode())

    answer = json.loads(said)
    assert answer["failed"]
    assert "DATATYPE_OBJECT_ATTRIBUTE" in answer["msg"]


async def test_a_playbook_does_the_same(ansible, tmp_path):
    task = {
        "community.general.utm_dns_host": {
            **ansible.connection,
            "name": "from a playbook",
            "hostname": "host.example",
        },
        "register": "said",
    }
    tasks = [
        task,
        {"ansible.builtin.assert": {"that": ["said is changed"]}},
        task,
        {"ansible.builtin.assert": {"that": ["said is not changed"]}},
    ]
    playbook = tmp_path / "playbook.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    environment = ansible.environment | {
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
    }

    said = await finished(
        *(ANSIBLE / "ansible-playbook", "-i", "localhost,", "-c", "local"),
        *("-e", f"ansible_python_interpreter={ANSIBLE / 'python'}", playbook),
        environment=environment,
    )

    assert b"changed=1" in said
    assert b"failed=0" in said
