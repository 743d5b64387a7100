import io
import json
import sys
import zipfile

import pytest

from endpoint.setup.archive import InstallerIncompleteError, read_broker
from endpoint.setup.bootstrap import main
from endpoint.setup.exit_codes import MEANINGS, ExitCode


@pytest.fixture
def installer(tmp_path, shelf, token):
    def write(name=f"SophosMCSEndpoint_{token}.exe", *, url=None, ca=None):
        data = io.BytesIO(b"#!/usr/bin/env python3\n")
        data.seek(0, 2)
        with zipfile.ZipFile(data, "a") as file:
            address = {"version": 1, "mcs_url": shelf.url if url is None else url}
            file.writestr("liveconnect.json", json.dumps(address))
            pem = (tmp_path / "server.crt").read_bytes() if ca is None else ca
            file.writestr("liveconnect_ca.pem", pem)
        path = tmp_path / name
        path.write_bytes(data.getvalue())
        return path

    return write


async def test_the_broker_is_read_out_of_the_archive(installer, shelf):
    assert read_broker(installer()).mcs_url == shelf.url


@pytest.mark.parametrize("url", ["http://localhost:1", "", "https://", "https://h:99999"])
async def test_mcs_02_only_https_addresses_are_accepted(installer, url):
    with pytest.raises(InstallerIncompleteError):
        read_broker(installer(url=url))


async def test_an_installer_with_a_broken_ca_is_refused(installer):
    with pytest.raises(InstallerIncompleteError):
        read_broker(installer(ca=b"no certificate"))


async def test_a_malformed_name_has_its_own_exit_code(installer, tmp_path, capsys):
    host = tmp_path / "host"
    assert main(["--host", str(host)], installer("setup.exe")) == ExitCode.NAME_MALFORMED
    assert "SophosMCSEndpoint_<TOKEN>.exe" in capsys.readouterr().err
    assert not host.exists()


async def test_a_listener_that_has_gone_does_not_change_the_exit_code(
    installer, tmp_path, monkeypatch
):
    class ClosedPipe(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", ClosedPipe())
    code = main(["--host", str(tmp_path / "host")], installer("setup.exe"))
    assert code == ExitCode.NAME_MALFORMED


async def test_a_file_that_is_no_installer_has_its_own_exit_code(tmp_path, token):
    path = tmp_path / f"SophosMCSEndpoint_{token}.exe"
    path.write_bytes(b"no archive")
    code = main(["--host", str(tmp_path / "host")], path)
    assert code == ExitCode.ARCHIVE_INCOMPLETE


def test_help_prints_the_one_table_of_exit_codes(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(meaning in text for meaning in MEANINGS.values())


def test_every_exit_code_has_a_meaning():
    assert set(MEANINGS) == set(ExitCode)
