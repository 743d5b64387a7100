"""The software package endpoints download, on disk and over HTTPS."""

import io
import zipfile

import pytest

from foundation.protocol.content import PackageDamagedError, decode_manifest
from liveconnect.content.packages import ensure_packages, read_manifest


def test_it_is_built_once_and_the_same_bytes_each_time(tmp_path, clock):
    ensure_packages(tmp_path / "a", clock())
    ensure_packages(tmp_path / "b", clock())
    manifest = read_manifest(tmp_path / "a" / "SAV")
    package = (tmp_path / "a" / "SAV" / manifest.file_name).read_bytes()
    assert package == (tmp_path / "b" / "SAV" / manifest.file_name).read_bytes()
    assert f"PRODUCT_VERSION = {manifest.version}" in (
        zipfile.ZipFile(io.BytesIO(package)).read("VERSION.ini").decode()
    )
    clock.advance(60)
    ensure_packages(tmp_path / "a", clock())
    assert read_manifest(tmp_path / "a" / "SAV") == manifest


def test_a_damaged_package_is_made_anew(tmp_path, clock):
    ensure_packages(tmp_path, clock())
    manifest = read_manifest(tmp_path / "SAV")
    (tmp_path / "SAV" / manifest.file_name).write_bytes(b"damaged")
    assert read_manifest(tmp_path / "SAV") is None
    ensure_packages(tmp_path, clock())
    assert read_manifest(tmp_path / "SAV") is not None


async def test_ins_06_the_package_is_what_its_manifest_says(lab):
    peer = await lab.endpoint()
    peer.url = lab.service.software_url
    manifest = decode_manifest((await peer.request("GET", "/SAV/manifest.json")).body)
    package = (await peer.request("GET", f"/SAV/{manifest.file_name}")).body
    manifest.check(package)
    with pytest.raises(PackageDamagedError):
        manifest.check(package[:-1] + b"x")


@pytest.mark.parametrize(
    "path", ["/SAV/none.zip", "/none/manifest.json", "/SAV/%2e%2e", "/%2e%2e/liveconnect.db"]
)
async def test_nothing_outside_the_packages_is_served(lab, path):
    from yarl import URL

    peer = await lab.endpoint()
    url = URL(lab.service.software_url + path, encoded=True)
    async with peer.session.get(url) as answer:
        assert answer.status == 404
