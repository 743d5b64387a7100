import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoint.host import HostFolder, PathOutsideHostError

MCS = r"C:\ProgramData\Sophos\Management Communication System"


def test_the_seeds_paths_are_the_places(tmp_path):
    host = HostFolder(tmp_path / "pc1")
    assert host.name == "pc1"
    assert host.persist == host.path(rf"{MCS}\Persist")
    assert host.client_log == host.path(rf"{MCS}\Endpoint\Logs\MCSClient.log")
    assert host.agent_log == host.path(rf"{MCS}\Endpoint\Logs\MCSAgent.log")
    assert host.config_file == host.path(rf"{MCS}\Endpoint\Config\config.xml")
    assert host.persist.relative_to(host.root) == Path(
        "C/ProgramData/Sophos/Management Communication System/Persist"
    )


def test_the_windows_layout_has_the_real_machines_spelling(tmp_path):
    host = HostFolder(tmp_path, layout="windows")
    real = r"C:\ProgramData\Sophos\Management Communications System\Endpoint"
    assert host.persist == host.path(rf"{real}\Persist")
    assert host.config_file == host.path(rf"{real}\Config\Config.xml")
    assert host.client_log == host.path(rf"{real}\Logs\McsClient.log")


def test_drive_letters_and_separators_are_windows_own(tmp_path):
    host = HostFolder(tmp_path)
    assert host.path(r"c:\a\b") == host.path("C:/a//b") == tmp_path / "C" / "a" / "b"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        r"\a",
        r"C:a",
        "/etc/passwd",
        r"\\server\share\x",
        r"\\?\C:\x",
        r"C:\a\..\..\..\x",
        r"C:\a/../x",
        r"C:\a:stream",
        "C:\\a\0b",
        r"C:\*",
        r"CC:\a",
    ],
)
def test_what_is_no_plain_absolute_path_is_refused(tmp_path, path):
    with pytest.raises(PathOutsideHostError):
        HostFolder(tmp_path).path(path)


def test_a_link_that_leads_out_is_refused(tmp_path):
    host = HostFolder(tmp_path / "pc1")
    (host.root / "C").mkdir(parents=True)
    (host.root / "C" / "out").symlink_to(tmp_path)
    with pytest.raises(PathOutsideHostError, match="leads out"):
        host.path(r"C:\out\x")


@given(st.text(alphabet=string.ascii_letters + "\\/.:. ", max_size=30))
def test_no_text_leads_out_of_the_host(text):
    host = HostFolder(Path("/nowhere/pc1"))
    try:
        place = host.path(text)
    except PathOutsideHostError:
        return
    assert place.is_relative_to(host.root)
    assert ".." not in place.parts


def test_naming_places_creates_nothing(tmp_path):
    host = HostFolder(tmp_path / "pc1")
    for name in dir(HostFolder):
        if isinstance(getattr(HostFolder, name), property):
            getattr(host, name)
    assert list(tmp_path.iterdir()) == []
