"""What goes wrong from outside, told with the whole lab: each is named, and harms nothing else."""

import json
import os
import re
import shutil
import socket
from pathlib import Path

import pytest

from endpoint.app import Endpoint
from endpoint.composition import EndpointOptions
from endpoint.mcs_client.options import McsClientOptions
from endpoint.setup.errors import SetupStoppedError
from endpoint.setup.exit_codes import ExitCode
from endpoint.setup.installer_name import InstallerNameMalformedError
from foundation.durable.folder import DataFolderInUseError, DataFolderTooNewError
from foundation.net.http_server import PortInUseError
from utm.app import ChangeNotStoredError
from utm.naming import EndpointNameAmbiguousError
from utmlab import settings as lab_settings
from utmlab.demo.configuration import GROUP
from utmlab.errors import ComputerExistsError
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports, TooManyEndpointsError
from utmlab.stack import Stack

GAMES = "http://games.example/"
FAST = LabSettings(poll_interval_s=0.2, ports=Ports())


async def installer_of(lab) -> Path:
    return Path((await lab.call("utm", "deploy_agent"))["file"])


async def names(lab) -> list[str]:
    return [one["name"] for one in await lab.call("utm", "endpoint_list")]


# registration


async def test_ins_04_an_unknown_token_stops_the_installer_and_leaves_nothing(lab, tmp_path):
    real = await installer_of(lab)
    forged = tmp_path / "SophosMCSEndpoint_AAAAAAAAAAAAAAAAA.exe"
    shutil.copy(real, forged)

    with pytest.raises(SetupStoppedError, match="token_unknown") as refusal:
        await lab.install("PC-01", forged)
    assert refusal.value.exit_code is ExitCode.REGISTRATION_REFUSED
    assert await names(lab) == []
    assert "PC-01" not in lab.computers


async def test_a_revoked_token_stops_the_installer_and_the_new_one_installs(lab):
    old = await installer_of(lab)
    await lab.call("utm", "token_reset")

    with pytest.raises(SetupStoppedError, match="token_revoked") as refusal:
        await lab.install("PC-01", old)
    assert refusal.value.exit_code is ExitCode.REGISTRATION_REFUSED
    await lab.install("PC-01")
    await lab.wait_compliant()


async def test_a_token_of_another_case_is_told_so(lab, tmp_path):
    real = await installer_of(lab)
    token = real.stem.rpartition("_")[2]
    forged = tmp_path / f"SophosMCSEndpoint_{token.swapcase()}.exe"
    shutil.copy(real, forged)

    with pytest.raises(SetupStoppedError, match="token_wrong_case"):
        await lab.install("PC-01", forged)


@pytest.mark.parametrize("name", ["SophosMCSEndpoint_.exe", "SophosMCSEndpoint_short.exe"])
async def test_a_malformed_token_is_refused_before_anything_is_asked(lab, tmp_path, name):
    forged = tmp_path / name
    shutil.copy(await installer_of(lab), forged)

    with pytest.raises(InstallerNameMalformedError):
        await lab.install("PC-01", forged)
    status = await lab.call("liveconnect", "status")
    assert status["refusals"] == {}


# computers


def second_computer(lab, folder: Path) -> Endpoint:
    client = McsClientOptions(poll_interval_s=FAST.poll_interval_s, events_delay_s=0.0)
    return Endpoint(folder, options=EndpointOptions(client=client), now=lab.now)


async def test_two_computers_of_one_name_are_two_and_the_name_alone_is_refused(lab, tmp_path):
    await lab.install("PC-01")
    twin = second_computer(lab, tmp_path / "elsewhere" / "PC-01")
    await twin.install(await installer_of(lab))
    try:
        await lab.wait_compliant()
        listed = await lab.call("utm", "endpoint_list")
        assert [one["name"] for one in listed] == ["PC-01", "PC-01"]
        assert len({one["id"] for one in listed}) == 2
        with pytest.raises(EndpointNameAmbiguousError, match=listed[0]["id"]):
            await lab.call("utm", "group_move", endpoint="PC-01", group=GROUP)
        moved = await lab.call("utm", "group_move", endpoint=listed[1]["id"], group=GROUP)
        await lab.wait_compliant(moved["changeset"])
        groups = {one["id"]: one["group"] for one in await lab.call("utm", "endpoint_list")}
        assert groups == {listed[0]["id"]: "Default", listed[1]["id"]: GROUP}
    finally:
        await twin.stop()


async def test_a_second_computer_of_a_name_in_one_lab_is_refused(lab):
    await lab.install("PC-01")

    with pytest.raises(ComputerExistsError, match="PC-01"):
        await lab.install("PC-01")


async def test_the_same_endpoint_enrolling_twice_stays_one(lab):
    computer = await lab.install("PC-01")
    await lab.wait_compliant()
    before = await lab.call("utm", "endpoint_list")
    token = (await lab.call("utm", "token"))["token"]
    identity = await computer.endpoint.mcs_client.register(token)
    done = await lab.call("utm", "policy_block", host="news.example", group="Default")
    await lab.wait_compliant(done["changeset"])

    after = await lab.call("utm", "endpoint_list")
    assert [one["id"] for one in after] == [identity.endpoint_id]
    assert [one["id"] for one in before] == [identity.endpoint_id]


async def test_garbage_in_config_xml_keeps_the_endpoint_working_and_warns_once(lab):
    computer = await lab.install("PC-01")
    await lab.wait_compliant()
    computer.host.config_file.write_bytes(b"\xff\xfe<McsClient><<<")
    done = await lab.call("utm", "policy_block", host="news.example", group="Default")
    await lab.wait_compliant(done["changeset"])

    assert (await lab.browse("PC-01", "http://news.example/")).status == 403
    log = computer.host.client_log.read_text()
    assert log.count("config.xml is left aside") == 1


async def test_a_truncated_policy_in_persist_leaves_the_last_good_one_and_heals(lab):
    computer = await lab.install("PC-01")
    await lab.wait_compliant()
    await computer.stop()
    policy = computer.host.persist / "SWC-190_policy.xml"
    policy.write_bytes(policy.read_bytes()[:200])
    await computer.start()
    await lab.wait_compliant()

    assert (await lab.browse("PC-01", GAMES)).status == 403
    done = await lab.call("utm", "policy_allow", host="games.example", group="Default")
    await lab.wait_compliant(done["changeset"])
    assert (await lab.browse("PC-01", GAMES)).status == 200


# the machine


async def test_a_full_disk_refuses_an_edit_and_the_next_one_is_made(office):
    writer = office.houses["utm"].service.writer
    pages = await writer.read(lambda db: db.execute("PRAGMA page_count").fetchone()[0])
    await writer.read(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())
    number = (await office.call("utm", "status"))["change"]
    huge = {"op": "create", "class": "http", "type": "domain_regex", "as": "x"}
    huge["attributes"] = {
        "name": "huge",
        "mode": "Domain",
        "domain": [f"{n:060}" for n in range(9999)],
    }

    with pytest.raises(ChangeNotStoredError, match="full"):
        await office.call("utm", "edit", operations=[huge], summary="too much")
    assert (await office.call("utm", "status"))["change"] == number
    await writer.read(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    done = await office.call("utm", "policy_block", host="news.example", group="Default")
    await office.wait_compliant(done["changeset"])


async def test_a_port_in_use_is_named_and_everything_is_given_back(tmp_path):
    places = Places(tmp_path / "lab", tmp_path / "lab" / "logs")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=str(port)):
            await Stack(places, LabSettings(ports=Ports(mcs=port))).start()
        # Nothing was installed by that port: a new lab may try others.
        async with Stack(places, FAST) as lab:
            assert lab.settings.ports.mcs != port
            await lab.call("utm", "enable")
            kept = lab.settings.ports
    assert Stack(places, LabSettings()).settings.ports == kept


async def test_a_data_folder_in_use_names_the_process(lab):
    with pytest.raises(DataFolderInUseError, match=f"process {os.getpid()}"):
        await Stack(lab.places, FAST).start()
    await lab.call("utm", "status")


async def test_a_data_folder_of_a_newer_version_is_left_as_it_is(tmp_path):
    places = Places(tmp_path / "lab", tmp_path / "lab" / "logs")
    async with Stack(places, FAST):
        pass
    newer = places.data / "format.json"
    newer.write_text(json.dumps({"component": "lab", "version": 99}))
    before = {path: path.read_bytes() for path in places.data.rglob("*") if path.is_file()}

    with pytest.raises(DataFolderTooNewError, match="99"):
        await Stack(places, FAST).start()
    assert before == {path: path.read_bytes() for path in places.data.rglob("*") if path.is_file()}


async def test_more_endpoints_than_open_files_allow_are_refused_with_the_arithmetic(
    lab, monkeypatch
):
    allowed = lab_settings.FILES_FOR_THE_LAB + lab_settings.FILES_PER_ENDPOINT
    monkeypatch.setattr(lab_settings.resource, "getrlimit", lambda _which: (allowed, allowed))
    await lab.install("PC-01")

    with pytest.raises(TooManyEndpointsError) as refusal:
        await lab.install("PC-02")
    numbers = [int(one) for one in re.findall(r"\d+", str(refusal.value))]
    assert numbers[:5] == [2, 200, 2, 12, 224]
    assert numbers[5:] == [allowed, 1]
    assert list(lab.computers) == ["PC-01"]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts in /proc")
async def test_an_endpoint_needs_no_more_open_files_than_the_arithmetic_says(lab):
    def open_files() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    await lab.install("PC-01")
    await lab.wait_compliant()
    before = open_files()
    for name in ("PC-02", "PC-03", "PC-04"):
        await lab.install(name)
    await lab.wait_compliant()

    assert before <= lab_settings.FILES_FOR_THE_LAB
    assert open_files() - before <= 3 * lab_settings.FILES_PER_ENDPOINT
