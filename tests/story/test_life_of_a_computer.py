"""A computer is protected, uninstalled, installed anew and copied; LiveConnect tells it."""

import asyncio

import pytest

from endpoint.service_table import ServiceTable
from endpoint.setup.log import setup_log_file
from endpoint.setup.uninstall import TamperProtectedError
from foundation.protocol.actions import encode_scan_now
from foundation.redact import Secret
from utmlab.api import lab_verbs
from utmlab.computer_life import clone, reimage, uninstall
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

GUARD_S = 60.0
OPERATIONS = (
    {
        "op": "change",
        "ref": "REF_EppEndDefault",
        "attributes": {"web_control": True, "tamper_protection": True},
    },
    {"op": "node", "key": "epp.tamper_password", "value": "open sesame"},
)


@pytest.fixture
async def lab(tmp_path):
    settings = LabSettings(ports=Ports(), poll_interval_s=0.1)
    async with Stack(Places.of(tmp_path / "lab"), settings) as stack:
        await stack.call("utm", "enable")
        await stack.call("utm", "edit", operations=list(OPERATIONS), summary="protect")
        await stack.install("PC-01")
        await stack.wait_compliant()
        yield stack


async def until(lab, is_so):
    async with asyncio.timeout(GUARD_S):
        while not is_so(found := await lab.call("liveconnect", "endpoints")):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found


def silent(_line):
    return


async def test_uninstalling_needs_the_password_of_tamper_protection(lab):
    computer = lab.computer("PC-01")
    before = ServiceTable(computer.host).entries()
    with pytest.raises(TamperProtectedError):
        await uninstall(lab, "PC-01", Secret("wrong"))
    log = setup_log_file(computer.host).read_text()
    assert log.count("uninstallation refused") == 1
    assert "wrong" not in log
    assert ServiceTable(computer.host).entries() == before
    assert (await lab.browse("PC-01", "http://news.example/")).status == 200
    done = await lab_verbs(lab)["endpoint_uninstall"](endpoint="PC-01", password="open sesame")
    assert done == {"computer": "PC-01"}
    assert lab.computers == {}
    assert ServiceTable(computer.host).entries() == {}
    left = {path.name for path in computer.host.root.rglob("*") if path.is_file()}
    assert left == {setup_log_file(computer.host).name}
    # Nobody was told: both go on listing it as they saw it last.
    (at_liveconnect,) = await lab.call("liveconnect", "endpoints")
    assert at_liveconnect["removed_at"] is None
    assert [one["name"] for one in await lab.call("utm", "endpoint_list")] == ["PC-01"]
    await lab.install("PC-01")


async def test_a_computer_installed_anew_leaves_its_past_behind(lab):
    (before,) = await lab.call("liveconnect", "endpoints")
    await reimage(lab, "PC-01", narrate=silent)
    found = await until(lab, lambda found: any(one["superseded_by"] for one in found))
    past = {one["endpoint_id"]: one["superseded_by"] for one in found}
    assert past[before["endpoint_id"]] in past
    assert len(past) == 2


async def test_a_copy_with_the_same_identity_is_detected(lab):
    (endpoint,) = await lab.call("liveconnect", "endpoints")
    await clone(lab, "PC-01", "PC-02")
    # Whoever polls first takes a scan and reports it: now the one, now the other.
    scan = {"app_id": "SAV", "body": encode_scan_now()}
    async with asyncio.timeout(GUARD_S):
        while endpoint["cloned_at"] is None:
            await lab.call(
                "liveconnect", "send_command", endpoint_id=endpoint["endpoint_id"], **scan
            )
            await asyncio.sleep(0.05)
            (endpoint,) = await lab.call("liveconnect", "endpoints")
    assert lab.computer("PC-01").proxy_url != lab.computer("PC-02").proxy_url
