"""One computer or the UTM is brought back while the others know of the future, and all converge."""

import asyncio

import pytest

from utmlab.demo.configuration import CONFIGURATION
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.snapshot.errors import NotInSnapshotError, ResetNeedsTasksError
from utmlab.snapshot.resets import Resets
from utmlab.stack import Stack

PATIENCE_S = 120.0


@pytest.fixture
async def lab(tmp_path):
    settings = LabSettings(poll_interval_s=0.2, ports=Ports())
    async with Stack(Places(tmp_path / "lab", tmp_path / "lab/logs"), settings) as lab:
        await lab.call("utm", "enable")
        await lab.call("utm", "edit", operations=CONFIGURATION, summary="web control")
        await lab.install("PC-01")
        await block(lab, "news.example")
        await lab.snapshots.save("one")
        await block(lab, "sport.example")
        yield lab


async def block(lab, host):
    done = await lab.call("utm", "policy_block", host=host, group="Default")
    await lab.wait_compliant(done["changeset"], timeout_s=PATIENCE_S)


async def status(lab, host):
    return (await lab.browse("PC-01", f"http://{host}/")).status


async def comes_to(lab, host, wanted):
    async with asyncio.timeout(PATIENCE_S):
        while await status(lab, host) != wanted:  # noqa: ASYNC110 - another house acts meanwhile
            await asyncio.sleep(0.05)


async def test_a_computer_is_what_it_was_at_once_and_is_brought_up_to_date_again(lab):
    """LiveConnect knows the newer policy as applied; the status that comes again says otherwise."""
    computer, proxy = lab.computer("PC-01"), lab.computer("PC-01").proxy_url
    client = computer.endpoint.mcs_client
    computer.host.persist.joinpath("stray.txt").write_text("of a test")
    await lab.snapshots.reset("one", computers=["PC-01"])
    assert await status(lab, "sport.example") == 200
    assert await status(lab, "news.example") == 403
    assert not computer.host.persist.joinpath("stray.txt").exists()
    assert computer.proxy_url == proxy
    assert computer.endpoint.mcs_client is client
    await comes_to(lab, "sport.example", 403)
    await lab.wait_compliant(timeout_s=PATIENCE_S)


async def test_a_utm_is_what_it_was_and_its_older_state_wins_by_a_higher_epoch(lab):
    before = await lab.call("utm", "webadmin")
    epoch = (await lab.call("utm", "changeset"))["epoch"]
    await lab.snapshots.reset("one", utm=True)
    assert "sport.example" not in str(
        await lab.call("utm", "objects", class_="http", type_="cff_action")
    )
    await comes_to(lab, "sport.example", 200)
    assert await status(lab, "news.example") == 403
    assert (await lab.call("utm", "changeset"))["epoch"] > epoch
    assert await lab.call("utm", "webadmin") == before
    await block(lab, "shop.example")
    assert await status(lab, "shop.example") == 403
    assert not list(lab.places.utm_logs.glob("*.orphan-*"))


async def test_resets_of_both_can_be_repeated(lab):
    for _ in range(3):
        await lab.snapshots.reset("one", computers=["PC-01"], utm=True)
        assert await status(lab, "sport.example") == 200
    await block(lab, "shop.example")
    assert await status(lab, "shop.example") == 403


async def test_a_computer_that_was_not_there_is_refused(lab):
    await lab.install("PC-02")
    with pytest.raises(NotInSnapshotError):
        await lab.snapshots.reset("one", computers=["PC-02"])


async def test_processes_are_refused(tmp_path):
    settings = LabSettings(mode="processes", poll_interval_s=0.2, ports=Ports())
    lab = Stack(Places(tmp_path / "lab", tmp_path / "lab/logs"), settings)
    with pytest.raises(ResetNeedsTasksError):
        await Resets().reset_utm(tmp_path, lab.houses["utm"])
