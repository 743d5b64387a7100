import json
import os
import subprocess
import sys
import zipfile

import pytest

from utm.deployment import (
    NOT_INSTALLED_EXIT_CODE,
    TokenMalformedError,
    installer_name,
    write_installer,
)

TOKEN = "FIHHKTHE8O9YTc9c9"
CA = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
URL = "https://localhost:4443/sophos/management/ep"


def write(folder, token=TOKEN):
    return write_installer(folder, token=token, mcs_url=URL, ca_pem=CA)


def test_utm_05_the_token_is_in_the_files_name(tmp_path):
    assert write(tmp_path).name == f"SophosMCSEndpoint_{TOKEN}.exe"


def test_utm_05_the_bytes_are_the_same_for_every_token_and_every_time(tmp_path):
    first = write(tmp_path)
    second = write(tmp_path, token="A" * 17)
    os.utime(first, (0, 0))
    assert first.read_bytes() == second.read_bytes() == write(tmp_path).read_bytes()
    assert TOKEN.encode() not in first.read_bytes()


def test_utm_05_the_file_is_executable_and_alone_in_its_folder(tmp_path):
    path = write(tmp_path / "deploy")
    assert path.stat().st_mode & 0o777 == 0o755
    assert list(path.parent.iterdir()) == [path]


def test_utm_05_it_holds_the_address_and_the_ca(tmp_path):
    with zipfile.ZipFile(write(tmp_path)) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("liveconnect.json"))["mcs_url"] == URL
        assert archive.read("liveconnect_ca.pem").decode() == CA


def test_utm_05_the_endpoints_setup_reads_it(tmp_path):
    from endpoint.setup.archive import read_broker
    from endpoint.setup.installer_name import token_of

    path = write(tmp_path)
    broker = read_broker(path)
    assert (broker.mcs_url, broker.ca_pem.decode()) == (URL, CA)
    assert token_of(path.name).reveal() == TOKEN


def test_utm_05_a_python_without_utmlab_gets_a_sentence_and_a_code_of_its_own(tmp_path):
    path = write(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == NOT_INSTALLED_EXIT_CODE
    assert "needs utmlab" in done.stderr
    assert "Traceback" not in done.stderr


def test_utm_05_it_hands_over_to_the_setup_of_the_python_that_runs_it(tmp_path):
    package = tmp_path / "site" / "endpoint" / "setup"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    (package / "bootstrap.py").write_text(
        "import sys\ndef main():\n    print(sys.argv[0])\n    return 41\n"
    )
    path = write(tmp_path)
    done = subprocess.run(
        [sys.executable, "-S", str(path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (41, str(path))


@pytest.mark.parametrize(
    "token", ["", "short", "A" * 18, "A" * 16 + "-", "../../etc/passwd1", "é" * 17]
)
def test_utm_05_what_is_no_token_becomes_no_file(tmp_path, token):
    with pytest.raises(TokenMalformedError) as caught:
        write(tmp_path, token=token)
    assert token not in str(caught.value) or not token
    assert list(tmp_path.iterdir()) == []


def test_installer_name_is_the_seeds():
    assert installer_name("A" * 17) == "SophosMCSEndpoint_AAAAAAAAAAAAAAAAA.exe"
