"""Snapshots of a running lab, and of one that rests."""

import asyncio
import json

import pytest

from foundation.durable.folder import DataFolderInUseError
from foundation.service import utc_now
from utmlab.demo.configuration import CONFIGURATION
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.snapshot import load_at_rest, save_at_rest
from utmlab.snapshot.errors import (
    NoSuchSnapshotError,
    SnapshotDamagedError,
    SnapshotExistsError,
    SnapshotNameError,
    SnapshotTooNewError,
)
from utmlab.stack import Stack

PATIENCE_S = 120.0


def places_of(folder):
    return Places(folder / "lab", folder / "lab/logs")


def lab_of(folder, mode="tasks"):
    return Stack(places_of(folder), LabSettings(mode=mode, poll_interval_s=0.2, ports=Ports()))


async def block(lab, host):
    done = await lab.call("utm", "policy_block", host=host, group="Default")
    await lab.wait_compliant(done["changeset"], timeout_s=PATIENCE_S)
    return done["changeset"]


async def verdict(lab, host):
    return (await lab.browse("PC-01", f"http://{host}/")).status


async def test_houses_that_are_processes_are_halted_saved_and_brought_back(tmp_path):
    async with lab_of(tmp_path, "processes") as lab:
        await lab.snapshots.save("one")
        await lab.call("utm", "group_create", name="Guests")
        await lab.snapshots.load("one")
        assert "Guests" not in str(await lab.call("utm", "group_list"))
        assert all(house.is_running for house in lab.houses.values())


async def test_a_lab_is_brought_back_while_it_runs_and_converges(tmp_path):
    """What came after the snapshot is gone at every house, and the next edit reaches everybody."""
    async with lab_of(tmp_path) as lab:
        await lab.call("utm", "enable")
        await lab.call("utm", "edit", operations=CONFIGURATION, summary="web control")
        await lab.install("PC-01")
        first = await block(lab, "news.example")
        await lab.snapshots.save("one")
        await block(lab, "sport.example")
        assert await verdict(lab, "sport.example") == 403
        await lab.install("PC-02")
        await lab.snapshots.load("one")
        assert sorted(lab.computers) == ["PC-01"]
        assert await verdict(lab, "sport.example") == 200
        assert await verdict(lab, "news.example") == 403
        await lab.wait_compliant(first, timeout_s=PATIENCE_S)
        await block(lab, "shop.example")
        assert await verdict(lab, "shop.example") == 403
        names = [one["name"] for one in await lab.call("utm", "endpoint_list")]
        assert names == ["PC-01"]
        log = (lab.places.utm_logs / "epsecd.log").read_text()
        assert not list(lab.places.utm_logs.glob("*.orphan-*"))
        assert log.count('id="4233"') >= 1


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A lab at rest with one snapshot."""
    folder = tmp_path_factory.mktemp("saved")

    async def make():
        async with lab_of(folder) as lab:
            await lab.call("utm", "enable")
            await lab.snapshots.save("one")

    asyncio.run(make())
    return places_of(folder)


def content(places):
    return {
        path: path.read_bytes()
        for path in places.data.rglob("*")
        if path.is_file() and "snapshots" not in path.parts
    }


def test_a_lab_at_rest_is_saved_and_loaded(saved):
    save_at_rest(saved, "rest", utc_now)
    key = saved.utm / "link/key.pem"
    found = key if key.exists() else next(p for p in (saved.utm / "link").iterdir() if p.is_file())
    before = found.read_bytes()
    found.unlink()
    load_at_rest(saved, "rest")
    assert found.read_bytes() == before
    assert found.stat().st_mode & 0o077 == 0


async def test_a_lab_that_runs_is_not_loaded_past_its_process(tmp_path):
    async with lab_of(tmp_path) as lab:
        await lab.snapshots.save("one")
        with pytest.raises(DataFolderInUseError):
            load_at_rest(lab.places, "one")


def manifest(places, change):
    path = places.data / "snapshots/one/manifest.json"
    kept = path.read_text()
    document = json.loads(kept)
    change(document)
    path.write_text(json.dumps(document))
    return path, kept


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda one: one.update(format=2), SnapshotTooNewError),
        (lambda one: one.update(saved_at="yesterday"), SnapshotDamagedError),
        (lambda one: one["entries"].pop(), SnapshotDamagedError),
        (lambda one: one.pop("digest"), SnapshotDamagedError),
    ],
)
def test_a_manifest_that_is_changed_or_newer_changes_nothing(saved, change, error):
    path, kept = manifest(saved, change)
    before = content(saved)
    try:
        with pytest.raises(error):
            load_at_rest(saved, "one")
    finally:
        path.write_text(kept)
    assert content(saved) == before


@pytest.mark.parametrize("damage", ["changed", "missing", "more"])
def test_a_snapshot_with_a_damaged_file_changes_nothing(saved, damage):
    folder = saved.data / "snapshots/one"
    victim = folder / "data/utm/utm.db"
    kept, extra = victim.read_bytes(), folder / "data/more.txt"
    if damage == "changed":
        victim.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    elif damage == "missing":
        victim.unlink()
    else:
        extra.write_text("more")
    before = content(saved)
    try:
        with pytest.raises(SnapshotDamagedError):
            load_at_rest(saved, "one")
    finally:
        victim.write_bytes(kept)
        extra.unlink(missing_ok=True)
    assert content(saved) == before


def test_a_name_is_given_once_and_is_a_name(saved):
    with pytest.raises(SnapshotExistsError):
        save_at_rest(saved, "one", utc_now)
    with pytest.raises(SnapshotNameError):
        save_at_rest(saved, "../one", utc_now)
    with pytest.raises(NoSuchSnapshotError):
        load_at_rest(saved, "two")
