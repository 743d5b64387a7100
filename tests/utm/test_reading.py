"""What the UTM knows, read with nothing running and beside it."""

import asyncio
from contextlib import closing

import pytest

from utm.reading import UtmArchive

from .broker import enrolled


@pytest.fixture
async def stored(make_utm, broker):
    """The data folder of a UTM that was stopped with a changeset and a computer."""
    utm = make_utm()
    await utm.start()
    await utm.enable()
    broker.report(enrolled(1, "E1", "PC-01"))
    await broker.until(lambda: broker.acknowledged)
    while (await utm.verbs["status"]())["waiting"]:  # noqa: ASYNC110 - stored state
        await asyncio.sleep(0.01)
    await utm.stop()
    return utm


async def test_everything_is_read_with_nothing_running(stored):
    with closing(UtmArchive(stored.config.data)) as archive:
        assert archive.status()["registered"]
        assert [one["name"] for one in archive.endpoints()] == ["PC-01"]
        assert [one["endpoints"] for one in archive.groups()] == [["PC-01"]]
        assert archive.changeset()["number"] == archive.changesets()[-1]["number"]


async def test_a_running_utm_is_read_beside_it(utm):
    with closing(UtmArchive(utm.config.data)) as archive:
        await utm.edit("a group", lambda edit: edit.create("epp", "endpoints_group", {"name": "S"}))

        assert "S" in [one["name"] for one in archive.groups()]


async def test_a_changeset_that_was_never_made_is_none(stored):
    with closing(UtmArchive(stored.config.data)) as archive:
        assert archive.changeset(99) is None


async def test_before_registering_there_is_no_changeset(utm):
    with closing(UtmArchive(utm.config.data)) as archive:
        status = archive.status()
        assert (status["registered"], status["changeset"], status["waiting"]) == (False, None, None)
        assert archive.changeset() is None


async def test_a_change_that_cannot_be_sent_waits_since_it_was_made(stored, make_utm, broker):
    await broker.stop()
    utm = make_utm()
    await utm.start()
    edited = await utm.edit(
        "a group",
        lambda edit: edit.create("epp", "endpoints_group", {"name": "S", "web_control": True}),
    )
    waiting = (await utm.verbs["status"]())["waiting"]

    assert waiting["changeset"] == edited.changeset
    assert waiting["enforced_meanwhile"] == edited.changeset - 1


def test_a_folder_without_a_utm_is_no_archive(tmp_path):
    with pytest.raises(FileNotFoundError):
        UtmArchive(tmp_path)
