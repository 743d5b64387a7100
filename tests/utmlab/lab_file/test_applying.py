"""A lab file makes another lab like the first, and is no change the second time."""

import json

import pytest

from utmlab.demo.configuration import CONFIGURATION
from utmlab.lab_file import LabDocument, apply, describe_lab, read_lab
from utmlab.lab_file.document import ComputerWanted
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports, recall
from utmlab.stack import Stack
from utmlab.stored import stored_token

SETTINGS = LabSettings(ports=Ports(), poll_interval_s=0.2)


@pytest.fixture
async def lab(tmp_path):
    async with Stack(Places.of(tmp_path / "lab"), SETTINGS) as stack:
        yield stack


async def test_another_lab_becomes_like_the_first(lab, tmp_path):
    await lab.call("utm", "edit", operations=CONFIGURATION, summary="configured")
    await lab.call("utm", "enable")
    await lab.install("PC-01")
    await lab.install("PC-02", products=("ACME AntiVirus",))
    await lab.wait_compliant()
    await lab.call("utm", "group_move", endpoint="PC-02", group="Marketing")
    await lab.move("PC-02", "office")
    body = json.dumps(describe_lab(lab.places).as_record())
    assert stored_token(lab.places) not in body
    wanted = read_lab(body.encode())
    async with Stack(Places.of(tmp_path / "other"), SETTINGS) as other:
        told = await apply(other, wanted, dry_run=True)
        assert list(other.computers) == []
        assert await apply(other, wanted) == told_but_made(told)
        await other.wait_compliant()
        assert describe_lab(other.places) == wanted
        again = await apply(other, wanted)
    assert again.configuration["change"] is None
    assert (again.installed, again.groups, again.locations) == ([], {}, {})
    assert (again.settings, again.endpoint_protection, again.not_in_file) == ({}, "", [])


def told_but_made(told):
    """Return what a trial told, with what only an act has."""
    told.configuration = {**told.configuration, "dry_run": False, "change": 2}
    return told


async def test_settings_hold_from_the_next_start(lab):
    wanted = LabDocument(settings={"timezone": "Europe/Berlin", "strict": True})
    trial = await apply(lab, wanted, dry_run=True)
    assert recall(lab.places.settings)["timezone"] == "UTC"
    done = await apply(lab, wanted)
    assert (
        done.settings
        == trial.settings
        == {
            "timezone": ["UTC", "Europe/Berlin"],
            "strict": [False, True],
        }
    )
    stored = recall(lab.places.settings)
    assert (stored["timezone"], stored["strict"]) == ("Europe/Berlin", True)
    assert stored["ports"]["mcs"] == lab.settings.ports.mcs


async def test_a_computer_that_the_file_does_not_name_stays_and_is_told(lab):
    await lab.call("utm", "enable")
    await lab.install("PC-09")
    done = await apply(lab, LabDocument(computers=(ComputerWanted(name="PC-01"),)))
    assert (done.installed, done.not_in_file) == (["PC-01"], ["PC-09"])
    assert sorted(lab.computers) == ["PC-01", "PC-09"]


async def test_a_node_that_nobody_knows_is_told_and_changes_nothing(lab):
    before = (await lab.call("utm", "status"))["change"]
    wanted = LabDocument(nodes={"no.such.node": 1}, computers=())
    done = await apply(lab, wanted)
    assert done.configuration["unknown_nodes"] == ["no.such.node"]
    assert (await lab.call("utm", "status"))["change"] == before
