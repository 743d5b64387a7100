"""An imported list, from the command to what an endpoint knows, in both modes."""

import pytest
from click.testing import CliRunner

from utmlab.cli.root import root
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack


@pytest.mark.parametrize("mode", ["tasks", "processes"])
async def test_an_endpoint_asks_about_a_site_that_only_liveconnect_knows(tmp_path, mode):
    lists = tmp_path / "lists" / "games"
    lists.mkdir(parents=True)
    (lists / "domains").write_text("played.example\n")
    places = Places.of(tmp_path / "data")
    result = CliRunner().invoke(
        root,
        ["categories", "import", str(lists.parent), "--data", str(places.data)],
        standalone_mode=False,
    )
    assert result.exit_code == 0, result.output
    settings = LabSettings(mode=mode, poll_interval_s=0.2, ports=Ports())
    async with Stack(places, settings) as lab:
        await lab.call("utm", "enable")
        await lab.install("PC-01")
        on = {"op": "change", "ref": "REF_EppEndDefault", "attributes": {"web_control": True}}
        await lab.call("utm", "edit", operations=[on], summary="web control on")
        done = await lab.call("utm", "policy_block", host="blocked.example")
        await lab.wait_compliant(done["changeset"])
        await lab.browse("PC-01", "http://www.played.example/")
        learnt = (lab.computer("PC-01").host.web_control / "categories.jsonl").read_text()
    assert '"host": "www.played.example"' in learnt
    assert '"ids": [116]' in learnt
