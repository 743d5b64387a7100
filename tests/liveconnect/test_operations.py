"""Remembered ports, the upkeep and the archive."""

import socket
import stat

import pytest

from foundation.durable.folder import DataFolderInUseError, DataFolderTooNewError
from liveconnect.app import LiveConnect
from liveconnect.ports import RememberedPorts
from liveconnect.reading import LiveConnectArchive


def test_a_port_is_taken_again_while_it_is_free(tmp_path):
    ports = RememberedPorts(tmp_path / "ports.json", "127.0.0.1")
    assert ports.wanted("mcs", 0) == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports.remember("mcs", port)
        assert RememberedPorts(tmp_path / "ports.json", "127.0.0.1").wanted("mcs", 0) == 0
    assert RememberedPorts(tmp_path / "ports.json", "127.0.0.1").wanted("mcs", 0) == port
    assert ports.wanted("mcs", 4443) == 4443
    (tmp_path / "ports.json").write_text("garbage")
    assert RememberedPorts(tmp_path / "ports.json", "127.0.0.1").wanted("mcs", 0) == 0


async def test_when_an_endpoint_was_seen_is_written_in_groups(lab, clock):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    clock.advance(20)
    await endpoint.poll()
    with LiveConnectArchive(lab.config.data) as archive:
        assert archive.endpoints(utm.registration.utm_id)[0].last_seen_at is None
    await lab.service.quiesce()
    with LiveConnectArchive(lab.config.data) as archive:
        assert archive.endpoints(utm.registration.utm_id)[0].last_seen_at == clock()


async def test_the_archive_reads_with_nothing_running(lab, make_policy, make_group):
    utm = await lab.utm()
    web = make_policy("SWC", "one")
    await utm.push(make_group("default", web))
    endpoint = await lab.enrolled(utm)
    await lab.service.stop()
    tenant = utm.registration.utm_id
    with LiveConnectArchive(lab.config.data) as archive:
        (record,) = archive.tenants()
        assert (record.tenant, record.endpoints, record.reports_waiting) == (tenant, 1, 1)
        assert [each.computer_name for each in archive.endpoints(tenant)] == ["laptop"]
        assert archive.last_changeset(tenant) == (1, 1)
        (hop,) = archive.timeline(tenant, 1, 1)
        assert (hop.endpoint_id, hop.policy_id) == (endpoint.endpoint_id, web.revision)
        assert hop.delivered_at is None
    with pytest.raises(FileNotFoundError):
        LiveConnectArchive(lab.folder / "nothing")


async def test_every_secret_file_is_its_owners_only(lab):
    pki = lab.config.pki_folder
    secret = [lab.config.database_file, *pki.glob("*.key"), pki / "enrolment.secret"]
    assert len(secret) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}


async def test_a_folder_in_use_or_of_a_newer_version_is_left_alone(lab):
    with pytest.raises(DataFolderInUseError):
        await LiveConnect(lab.config, now=lab.clock).start()
    await lab.service.stop()
    (lab.config.data / "format.json").write_text('{"component": "liveconnect", "version": 99}')
    with pytest.raises(DataFolderTooNewError):
        await LiveConnect(lab.config, now=lab.clock).start()
    (lab.config.data / "format.json").write_text('{"component": "liveconnect", "version": 1}')


async def test_the_journal_keeps_exchanges_only_when_it_is_on(lab):
    endpoint = await lab.enrolled(await lab.utm())
    await endpoint.poll()
    last = (await lab.service.verbs["journal"]())[-1]
    assert (last["method"], last["status"]) == ("GET", 200)
    assert last["endpoint"] == endpoint.endpoint_id
    assert "policyAssignment" in last["response_body"]
    assert last["request_headers"]["Authorization"] == "Basic [redacted]"
    await lab.restart(journal=False)
    await endpoint.poll()
    assert await lab.service.verbs["journal"]() == []


async def test_the_upkeep_goes_on_when_the_disk_is_full(lab, monkeypatch):
    import sqlite3

    from liveconnect.refusals import StoreFailedError

    endpoint = await lab.enrolled(await lab.utm())
    await endpoint.poll()
    writer = lab.service._store._writer

    async def full(_work):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(writer, "write", full)
    with pytest.raises(StoreFailedError):
        await lab.service._upkeep.one_round()
