"""Who agents are is kept over runs, whatever number of processes they ran in."""

import stat

import pytest

from utmlab.fleet.known import (
    IdentitiesDamagedError,
    Known,
    attempt_of,
    fleet_secret,
    read_known,
    write_known,
)


def test_parts_of_several_processes_are_read_and_the_newer_holds(tmp_path):
    path = tmp_path / "fleet" / "agents.json"
    secret = fleet_secret(path)
    write_known(path, 0, {"A": Known(endpoint_id="1", password="p")})
    write_known(path, 1, {"B": Known(endpoint_id="2", password="p", policies={"MCS": "r"})})
    write_known(path, 0, {"A": Known(endpoint_id="3", password="q")})
    known = read_known(path)
    assert (known["A"].endpoint_id, known["B"].policies) == ("3", {"MCS": "r"})
    assert fleet_secret(path) == secret
    assert attempt_of(secret, 1) != attempt_of(secret, 2)


def test_the_files_are_their_owners_and_nothing_shows_a_password(tmp_path):
    path = tmp_path / "agents.json"
    fleet_secret(path)
    one = Known(endpoint_id="1", password="hush", mcs_policy="hush")
    write_known(path, 0, {"A": one})
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "hush" not in repr(one)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"version": 2}', b'{"version": 1}'])
def test_a_damaged_part_is_refused(tmp_path, content):
    path = tmp_path / "agents.json"
    path.with_name("agents.json.0").write_bytes(content)
    with pytest.raises(IdentitiesDamagedError):
        read_known(path)
