import asyncio
import io
import zipfile
from datetime import UTC, datetime

import pytest

from endpoint.autoupdate.config import AutoUpdateConfig, config_file, encode_config
from endpoint.autoupdate.installation import installed_packages
from endpoint.autoupdate.service import AutoUpdate, alc_event
from endpoint.autoupdate.source import DownloadFailedError, PackageSource
from endpoint.host import HostFolder
from endpoint.logs import EndpointLog, FixedLevel
from endpoint.outbox import Notice, Outbox
from foundation.durable.doorbell import EventDoorbell
from foundation.durable.files import write_atomic
from foundation.protocol.content import describe_package
from foundation.protocol.xml_reading import read_document

AT = datetime(2026, 11, 20, 23, 20, 18, tzinfo=UTC)


def now():
    return AT


class StandingSource:
    """A server's packages without a server."""

    def __init__(self, config, *, ca, now):
        self.config = config

    async def manifest(self, name):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as file:
            file.writestr("SavMain.txt", "anti-virus")
        self.data = data.getvalue()
        return describe_package(name, "10.8.4", "sav.zip", self.data, AT)

    async def download(self, manifest, target):
        write_atomic(target, self.data)


class SilentSource(StandingSource):
    async def manifest(self, name):
        raise DownloadFailedError("nobody answers")


class Bench:
    def __init__(self, host):
        self.host = host
        self.bell, self.persist_bell = EventDoorbell(), EventDoorbell()
        self.requests = Outbox(host.autoupdate / "Requests")
        self.outcomes = Outbox(host.autoupdate / "Events")
        self.configure(15)

    def configure(self, minutes):
        config = AutoUpdateConfig(
            server_url="https://localhost:1/software", interval_minutes=minutes, rev_id="r"
        )
        write_atomic(config_file(self.host), encode_config(config))

    def make(self):
        log = EndpointLog(self.host.autoupdate / "Logs" / "ALUpdate.log", FixedLevel(), now)
        return AutoUpdate(
            self.host, bell=self.bell, persist_bell=self.persist_bell, log=log, now=now
        )


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setattr("endpoint.autoupdate.updater.PackageSource", StandingSource)
    return Bench(HostFolder(tmp_path / "laptop"))


def ask(bench, id_="r1"):
    bench.requests.put(Notice(id=id_, app_id="ALC", at=AT, body="7"))
    bench.bell.ring()


async def test_a_request_is_served_and_its_outcome_has_its_id(bench):
    service = bench.make()
    await service.start()
    ask(bench)
    assert await bench.persist_bell.wait(60)
    await service.stop()
    [outcome] = bench.outcomes.notices()
    assert (outcome.id, outcome.app_id) == ("r1", "ALC")
    assert "<number>0</number>" in outcome.body
    assert bench.requests.count() == 0
    assert installed_packages(bench.host)["SAV"].version == "10.8.4"


async def test_a_request_that_waited_is_served_at_the_start(bench):
    ask(bench)
    service = bench.make()
    await service.start()
    assert await bench.persist_bell.wait(60)
    await service.stop()


async def test_a_failed_update_is_reported_and_changes_nothing(bench, monkeypatch):
    monkeypatch.setattr("endpoint.autoupdate.updater.PackageSource", SilentSource)
    ask(bench)
    await bench.make().serve_requests()
    [outcome] = bench.outcomes.notices()
    assert "nobody answers" in outcome.body
    assert installed_packages(bench.host) == {}


async def test_without_a_configuration_a_request_is_answered_with_its_reason(bench):
    config_file(bench.host).unlink()
    ask(bench)
    await bench.make().serve_requests()
    [outcome] = bench.outcomes.notices()
    assert "<number>1</number>" in outcome.body


async def test_stopping_ends_the_service(bench):
    service = bench.make()
    await service.start()
    await asyncio.sleep(0)
    await service.stop()


@pytest.mark.parametrize("url", ["http://localhost/", "ftp://x", "https://", "https://[", ""])
def test_mcs_02_only_https_servers_are_asked(url, tmp_path):
    config = AutoUpdateConfig(server_url=url, interval_minutes=1, rev_id="r")
    with pytest.raises(DownloadFailedError):
        PackageSource(config, ca=tmp_path / "ca", now=now)


def test_the_event_is_xml_whatever_the_message():
    body = alc_event("20261120 232018", 1, 'a < b & "c"')
    root = read_document(body)
    assert root.text_at("appInfo", "message", "message_inserts", "insert") == 'a < b & "c"'
