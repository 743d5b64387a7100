import pytest

from endpoint.app import Endpoint, PartNotRunningError
from endpoint.computer_facts import ComputerFactsDamagedError, load_computer, store_computer
from endpoint.host import HostFolder
from endpoint.mcs_client.computer import Computer
from endpoint.reading import EndpointArchive, recent_lines
from endpoint.service_table import MCS_AGENT, ServiceTable


async def test_a_new_folder_has_nothing_to_start(tmp_path):
    endpoint = Endpoint(tmp_path / "laptop")
    await endpoint.start()
    assert (endpoint.name, endpoint.is_installed, endpoint.proxy_url) == ("laptop", False, "")
    await endpoint.stop()


async def test_a_part_that_does_not_run_is_named(tmp_path):
    endpoint = Endpoint(tmp_path / "laptop")
    for part in ("mcs_client", "agent", "web_control"):
        with pytest.raises(PartNotRunningError):
            getattr(endpoint, part)


async def test_mcs_03_a_service_restarts_alone(tmp_path):
    endpoint = Endpoint(tmp_path / "laptop")
    table = ServiceTable(endpoint.host)
    table.install(MCS_AGENT)
    await endpoint.services.start(MCS_AGENT)
    await endpoint.stop()
    assert table.entry(MCS_AGENT).state == "running"
    await endpoint.start()
    assert endpoint.agent is endpoint.services.running(MCS_AGENT)
    await endpoint.quiesce()
    await endpoint.load()
    await endpoint.stop()


def test_the_archive_of_an_empty_folder_is_empty(tmp_path):
    archive = EndpointArchive(tmp_path / "laptop")
    assert archive.endpoint_id == ""
    assert (archive.services, archive.enforced, archive.products) == ({}, {}, ())
    assert archive.web_policy is None
    assert archive.setup is None
    assert archive.waiting_activities == 0
    assert recent_lines(archive.logs.client) == ()
    assert not (tmp_path / "laptop").exists()


def test_recent_lines_are_the_last_ones(tmp_path):
    log = tmp_path / "x.log"
    log.write_text("".join(f"{number}\n" for number in range(100)))
    assert recent_lines(log, 2) == ("98", "99")


def test_the_computers_facts_outlive_the_process(tmp_path):
    host = HostFolder(tmp_path / "laptop")
    assert load_computer(host).name == "laptop"
    store_computer(host, Computer(name="OTHER", domain="LAB"))
    assert (load_computer(host).name, load_computer(host).domain) == ("OTHER", "LAB")


def test_damaged_facts_are_named(tmp_path):
    host = HostFolder(tmp_path / "laptop")
    store_computer(host, Computer(name="OTHER"))
    (host.root / "computer.json").write_text("[]")
    with pytest.raises(ComputerFactsDamagedError):
        load_computer(host)
