"""Package manifests."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.protocol.content import (
    ManifestRefusedError,
    PackageDamagedError,
    decode_manifest,
    describe_package,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,20}", fullmatch=True)
MANIFEST = describe_package("SAV", "10.8", "sav.zip", b"package", NOW)


@given(NAMES, st.text(), NAMES, st.binary(), st.datetimes(timezones=st.just(UTC)))
def test_manifests_round_trip(name, version, file_name, package, at):
    manifest = describe_package(name, version, file_name, package, at)
    assert decode_manifest(manifest.encode()) == manifest
    manifest.check(package)


def test_ins_06_a_changed_or_cut_package_is_damaged():
    for package in (b"Package", b"packag", b""):
        with pytest.raises(PackageDamagedError):
            MANIFEST.check(package)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("file", "../evil"),
        ("file", "/etc/passwd"),
        ("file", "a\\b"),
        ("file", ".."),
        ("name", "a/b"),
        ("sha384", "00"),
        ("sha384", 1),
        ("size", -1),
        ("size", True),
        ("size", "7"),
        ("at", "soon"),
        ("version", None),
        ("manifest", 2),
    ],
)
def test_a_bad_manifest_is_refused(field, value):
    manifest = json.loads(MANIFEST.encode())
    manifest[field] = value
    with pytest.raises(ManifestRefusedError):
        decode_manifest(json.dumps(manifest).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"[" * 100_000])
def test_what_is_no_manifest_is_refused(data):
    with pytest.raises(ManifestRefusedError):
        decode_manifest(data)
