"""The demo itself: every claim of it is checked while it is told."""

import pytest

from foundation.durable.folder import DataFolder, DataFolderInUseError
from utmlab.demo import run_demo


async def test_the_demo_ends_well_in_one_process(tmp_path, capsys):
    await run_demo(tmp_path / "demo", poll_s=0.3)

    told = capsys.readouterr().out
    for message in ("4233", "4211", "4212", "0001", "0060", "0071", "0072"):
        assert f'id="{message}"' in told
    assert "waiting for the poll" in told


async def test_the_demo_ends_well_in_separate_processes(tmp_path, capsys):
    await run_demo(tmp_path / "demo", mode="processes", poll_s=0.5)

    assert "Done." in capsys.readouterr().out


async def test_the_demo_does_not_empty_a_folder_in_use(tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "precious").write_text("kept")
    folder = DataFolder.open(tmp_path / "demo", component="lab", version=1)
    with pytest.raises(DataFolderInUseError):
        await run_demo(tmp_path / "demo")
    folder.close()

    assert (tmp_path / "demo" / "precious").exists()
