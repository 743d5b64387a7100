"""What Policy Sync shows of a real lab is what `utmlab trace` tells."""

from datetime import UTC
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from utm.webadmin.pages.sync_reading import read_sync
from utm.webadmin.pages.sync_view import sync_view
from utmlab.cli.root import root
from utmlab.stored import poll_interval_s, stored_trace


async def view_of(lab, number):
    utm = lab.houses["utm"].service
    record = await utm.writer.read(lambda db: read_sync(db, number))
    return sync_view(record, utm.now(), UTC)


async def changed(lab):
    done = await lab.call("utm", "policy_block", host="news.example", group="Default")
    await lab.wait_compliant(done["changeset"])
    return done["changeset"]


async def test_the_page_tells_the_hops_that_trace_tells(office):
    number = await changed(office)
    view = await view_of(office, number)
    told = {one.name: one for one in stored_trace(office.places, number).endpoints}

    assert {row.computer.name for row in view.rows} == set(told) == {"PC-01", "PC-02"}
    for row in view.rows:
        trace = told[row.computer.name]
        assert row.is_concerned == trace.concerned
        if trace.concerned:
            assert row.hops == trace.hops
            assert row.lane.offsets()["applied"] == pytest.approx(trace.total_s)
            assert row.waited_s == pytest.approx(trace.waited_for_poll_s)
    assert (view.done, view.total, view.state.text) == (2, 2, "enforced")


async def test_the_poll_interval_is_that_of_the_lab(office):
    await changed(office)
    assert poll_interval_s(office.places) == office.settings.poll_interval_s


async def test_trace_writes_the_picture_that_webadmin_draws(office, tmp_path):
    number = await changed(office)
    file = tmp_path / "trace.svg"
    arguments = ["trace", str(number), "--svg", str(file), "--data", str(office.places.data)]
    done = CliRunner().invoke(root, arguments)

    assert (done.exit_code, done.exception) == (0, None)
    picture = ET.parse(file).getroot()
    words = [one.text for one in picture.iter("{http://www.w3.org/2000/svg}text")]
    applied = next(one for one in stored_trace(office.places, number).endpoints if one.concerned)
    assert f"{applied.total_s:.3f} s" in words
