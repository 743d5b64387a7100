"""Clients under test, in virtual time, and the server that watches them."""

import asyncio
import random
import ssl
from datetime import UTC, datetime

import pytest

from endpoint.bells import event_bells
from endpoint.composition import Composition
from endpoint.config import McsClientSettings, McsConfig, write_config
from endpoint.host import HostFolder
from foundation.net.tls import server_context
from foundation.redact import Secret
from liveconnect.pki import CertificateAuthority
from utmlab.clock import run_virtual
from utmlab.conformance.client.check import Watch, check_client

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOKEN = "WatchedToken17aaa"


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return CertificateAuthority(tmp_path_factory.mktemp("watch"), now=lambda: START)


@pytest.fixture
def watched(authority):
    """Return a function that runs a client, `client(url, clock)`, under watch in virtual time."""

    def run(client, **options):
        async def main(clock):
            certificate, key = authority.server_files("localhost")
            context = server_context(certificate=certificate, key=key, now=clock.now)
            loop = asyncio.get_running_loop()
            tasks = []
            watch = Watch(
                context=context,
                token=TOKEN,
                now=clock.now,
                **{key: value for key, value in options.items() if key != "only"},
            )
            report = await check_client(
                watch,
                only=options.get("only", ()),
                on_ready=lambda url: tasks.append(loop.create_task(client(url, clock))),
            )
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return report

        return run_virtual(main, start=START)

    return run


@pytest.fixture
def our_client(tmp_path, authority):
    """Return the MCS Client and the MCS Agent of a new host, as a client under watch."""

    async def run(url, clock):
        host = HostFolder(tmp_path / "pc1")
        host.server_ca.parent.mkdir(parents=True)
        host.server_ca.write_bytes(authority.ca_file.read_bytes())
        settings = McsClientSettings(
            servers=(url,), registration_token=Secret(TOKEN), log_level="0"
        )
        write_config(host.config_file, McsConfig(client=settings))
        parts = Composition(host, bells=event_bells(), now=clock.now, rng=random.Random(7))
        services = [parts.agent(), parts.client()]
        for service in services:
            await service.start()
        try:
            await asyncio.Event().wait()
        finally:
            for service in reversed(services):
                await service.stop()

    return run


@pytest.fixture
def client_context(authority):
    """Return the TLS context of a client."""
    return ssl.create_default_context(cafile=authority.ca_file)
