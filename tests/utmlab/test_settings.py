"""What a lab is told and remembers, and the arithmetic of open files."""

import socket

import pytest

from utmlab.held_ports import HeldPorts
from utmlab.settings import (
    LabFileDamagedError,
    LabSettings,
    Ports,
    TooManyEndpointsError,
    check_open_files,
    recalled,
    remember,
)


def test_a_new_lab_gets_what_is_wanted(tmp_path):
    wanted = LabSettings(ports=Ports(mcs=1, link=2, control=3))

    assert recalled(tmp_path / "lab.json", wanted) is wanted


def test_a_lab_that_is_there_keeps_its_ports_only(tmp_path):
    file = tmp_path / "lab.json"
    remember(file, LabSettings(ports=Ports(mcs=1, link=2, control=3)))
    again = recalled(file, LabSettings(ports=Ports(mcs=9), poll_interval_s=1.0, strict=True))

    assert again.ports == Ports(mcs=1, link=2, control=3)
    assert (again.poll_interval_s, again.strict) == (1.0, True)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"ports": {"mcs": 1, "other": 2}}', b"{}"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    file = tmp_path / "lab.json"
    file.write_bytes(content)

    with pytest.raises(LabFileDamagedError, match=r"lab\.json"):
        recalled(file, LabSettings())


def test_every_zero_becomes_a_port_that_is_held():
    held = HeldPorts()
    ports = LabSettings(ports=Ports(link=4445)).with_free_ports(held).ports

    assert ports.link == 4445
    taken = {ports.mcs, ports.control, ports.web_filter, ports.webadmin}
    assert len(taken - {0}) == 4
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", ports.mcs))
    held.release()


def test_the_management_ports_are_those_of_the_listeners_and_webadmin():
    settings = LabSettings(ports=Ports(mcs=1, link=2, control=3, webadmin=4))

    assert settings.management_ports == {1, 2, 3, 4}


def test_as_many_endpoints_as_open_files_allow():
    check_open_files(2, limit=224)


def test_one_endpoint_too_many_is_refused_with_the_arithmetic():
    with pytest.raises(TooManyEndpointsError) as refusal:
        check_open_files(3, limit=235)

    assert str(refusal.value) == (
        "3 endpoints need 200 + 3 x 12 = 236 open files, and 235 are allowed: at most 2 endpoints"
    )
    assert "ulimit -n" in refusal.value.hint


def test_a_limit_below_the_labs_own_need_allows_none():
    with pytest.raises(TooManyEndpointsError, match="at most 0 endpoints"):
        check_open_files(1, limit=64)
