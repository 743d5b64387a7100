"""A bundle tells what a lab is and holds none of its secrets, whatever state the lab is in."""

import asyncio
import json
import re
import shutil
import stat
import tarfile
from datetime import UTC, datetime

import pytest

from endpoint.host import HostFolder
from endpoint.identity import load_identity
from foundation.redact import REDACTED
from utmlab.bundle import write_bundle
from utmlab.bundle.secrets import Redactor, known_secrets
from utmlab.errors import NothingStoredError
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack
from utmlab.stored import stored_token

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    places = Places.of(tmp_path_factory.mktemp("bundle") / "lab")

    async def live():
        async with Stack(places, LabSettings(ports=Ports(), poll_interval_s=0.2)) as lab:
            await lab.call("utm", "enable")
            await lab.install("PC-01")
            await lab.wait_compliant()

    asyncio.run(live())
    return places


@pytest.fixture
def places(stored, tmp_path):
    """Return a copy that a test may break."""
    shutil.copytree(stored.data, tmp_path / "lab", symlinks=True)
    return Places.of(tmp_path / "lab")


def texts(file):
    with tarfile.open(file) as archive:
        return {
            one.name.partition("/")[2]: archive.extractfile(one).read().decode()
            for one in archive.getmembers()
        }


def test_it_tells_what_the_lab_is_and_what_its_logs_say(places, tmp_path):
    content = texts(write_bundle(places, tmp_path / "b.tar.gz", NOW).file)
    assert json.loads(content["utm.json"])["status"]["registered"] is True
    assert json.loads(content["environment.json"])["sqlite"]
    assert json.loads(content["databases.json"])["utm"]["rows"]["log_files"] >= 1
    assert json.loads(content["computers/PC-01.json"])["services"]
    assert 'id="4233"' in content["logs/utm/epsecd.log"]
    assert "Registered as" in content["logs/endpoints/PC-01/MCSClient.log"]
    assert " enrolled " in content["logs/operations/liveconnect.log"]
    assert [one["name"] for one in json.loads(content["trace.json"])["endpoints"]] == ["PC-01"]
    assert re.search(r" 200 .* ms  POST \S+/register  ", content["journal.txt"])


def test_no_secret_of_the_lab_is_in_it(places, tmp_path):
    token = stored_token(places)
    identity = load_identity(HostFolder(places.host("PC-01")))
    secrets = known_secrets(places)
    assert {token, identity.password.reveal()} <= secrets
    # Where a secret must never be, and would be if somebody were careless.
    with places.operations_logs["utm"].open("a") as log:
        log.write(f"2026-11-28T12:00:00.000000Z careless token={token}\n")
    content = texts(write_bundle(places, tmp_path / "b.tar.gz", NOW).file)
    assert f"careless token={REDACTED}" in content["logs/operations/utm.log"]
    for name, text in content.items():
        assert not [one for one in secrets if one in text], name
        assert "PRIVATE KEY" not in text


def test_the_secrets_of_workers_are_known_also_while_their_database_is_away(tmp_path):
    places = Places.of(tmp_path / "lab")
    worker = places.liveconnect / "workers" / "2"
    for file, secret in (
        (worker / "pki" / "enrolment.secret", "the-enrolment-secret"),
        (worker / "pki" / "jwt.key", "the-key-of-tokens"),
        (worker / "control.json", '{"token": "the-token-of-verbs"}'),
        (
            places.liveconnect / "database.json",
            '{"url": "postgresql://u:the%2Dpass@127.0.0.1:1/d"}',
        ),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(secret)
    assert known_secrets(places) >= {
        "the-enrolment-secret",
        "the-key-of-tokens",
        "the-token-of-verbs",
        "the-pass",
    }


def test_only_its_owner_can_read_it(places, tmp_path):
    file = write_bundle(places, tmp_path / "b.tar.gz", NOW).file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_of_a_broken_lab_the_rest_is_told(places, tmp_path):
    (places.utm / "utm.db").write_bytes(b"no database at all" * 100)
    content = texts(write_bundle(places, tmp_path / "b.tar.gz", NOW).file)
    assert content["utm.json"].startswith("not to be read: DatabaseError")
    assert json.loads(content["liveconnect.json"])["utms"]


def test_where_there_is_no_lab_nothing_is_written(tmp_path):
    with pytest.raises(NothingStoredError):
        write_bundle(Places.of(tmp_path / "none"), tmp_path / "b.tar.gz", NOW)
    assert not (tmp_path / "b.tar.gz").exists()


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----",
        "Authorization: Basic RUlELTAwMDE6cGFzcy0wMDAx",
        "SophosMCSEndpoint_D6Wsw4MA9ISBUphNk.exe",
        "<registrationToken>D6Wsw4MA9ISBUphNk</registrationToken>",
        '"password": "D6Wsw4MA9ISBUphNk"',
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    ],
)
def test_what_looks_like_a_secret_of_another_lab_is_blacked_out_too(text):
    shown = Redactor(set()).redact(text)
    assert REDACTED in shown
    for secret in ("MHcCAQ", "RUlELTAw", "D6Wsw4MA9ISBUphNk", "eyJzdWIi"):
        assert secret not in shown
