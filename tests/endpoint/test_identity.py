import pytest

from endpoint.host import HostFolder
from endpoint.identity import (
    CredentialsDamagedError,
    Identity,
    forget_identity,
    load_identity,
    store_identity,
)
from foundation.redact import Secret

IDENTITY = Identity("EID-0001", Secret("p:a:s:s"))


@pytest.fixture
def host(tmp_path):
    return HostFolder(tmp_path / "pc1")


def test_an_identity_survives_a_restart(host):
    store_identity(host, IDENTITY)
    assert load_identity(host) == IDENTITY
    assert host.identity_file.read_text() == "EID-0001\n"


def test_the_password_is_in_the_credentials_file_only_and_for_its_owner_only(host):
    store_identity(host, IDENTITY)
    assert host.credentials_file.stat().st_mode & 0o777 == 0o600
    assert "p:a:s:s" not in host.identity_file.read_text()
    assert "p:a:s:s" not in repr(IDENTITY)


def test_without_credentials_there_is_no_identity(host):
    assert load_identity(host) is None
    store_identity(host, IDENTITY)
    forget_identity(host)
    assert load_identity(host) is None
    assert not host.identity_file.exists()


def test_a_crash_between_the_two_files_is_repaired(host):
    store_identity(host, Identity("OLD", Secret("x")))
    shown = host.identity_file.read_bytes()
    store_identity(host, IDENTITY)
    host.identity_file.write_bytes(shown)
    assert load_identity(host) == IDENTITY
    assert host.identity_file.read_text() == "EID-0001\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"version": 1}',
        b'{"version": 9, "endpoint_id": "x", "password": "y"}',
        b"\xff",
    ],
)
def test_damaged_credentials_are_named_and_never_overwritten(host, content):
    host.credentials_file.parent.mkdir(parents=True)
    host.credentials_file.write_bytes(content)
    with pytest.raises(CredentialsDamagedError):
        load_identity(host)
    assert host.credentials_file.read_bytes() == content
