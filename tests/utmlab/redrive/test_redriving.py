"""A recording of our LiveConnect, driven against our LiveConnect."""

import asyncio
import ssl
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from foundation.protocol.commands import encode_commands
from utmlab.conformance import Target
from utmlab.demo.configuration import CONFIGURATION
from utmlab.journal import Wanted, select
from utmlab.places import Places
from utmlab.redrive import Recording, read_recording, redrive, write_recording
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack
from utmlab.stored import open_utm
from utmlab.stored_journal import StoredJournal


def now():
    return datetime(2026, 11, 20, 23, 20, 17, tzinfo=UTC)


@pytest.fixture
async def lab(tmp_path):
    settings = LabSettings(ports=Ports(), poll_interval_s=0.3)
    async with Stack(Places.of(tmp_path / "lab"), settings) as lab:
        await lab.call("utm", "enable")
        await lab.call("utm", "edit", operations=CONFIGURATION, summary="web control")
        await lab.install("PC-01")
        await lab.wait_compliant()
        yield lab


async def told_of(lab, name, event):
    """Return what the journal has of a computer once it told of an event."""
    with closing(open_utm(lab.places)) as utm:
        ids = {one["name"]: str(one["id"]) for one in utm.endpoints()}
    stored, found = StoredJournal(lab.places), []
    async with asyncio.timeout(60):
        while not any(event in one.path for one in found):
            await asyncio.sleep(0.05)
            found += select(stored.more(), Wanted(endpoint=ids[name]))
    return found


async def driven(lab, recording):
    service = lab.houses["liveconnect"].service
    context = ssl.create_default_context(cafile=str(service.ca_file))
    token = (await lab.call("utm", "token"))["token"]
    target = Target(url=service.mcs_url, token=token, context=context)
    return await redrive(recording, target, now=now)


async def test_ours_answers_a_recording_of_ours_without_a_difference(lab, tmp_path):
    await lab.install("PC-02")
    await lab.wait_compliant()
    await lab.browse("PC-02", "http://news.example/")
    write_recording(tmp_path / "recorded", await told_of(lab, "PC-02", "/events/"))
    report = await driven(lab, read_recording(tmp_path / "recorded"))
    assert [one.line() for one in report.differing] == []
    sent = [one.request for one in report.steps if not one.not_sent]
    for part in ("/register", "/commands/", "DELETE", "/policy/", "/authenticate/", "/events/"):
        assert any(part in one for one in sent)
    assert report.sent == len(report.steps)


async def test_a_policy_that_changed_since_and_a_status_that_is_another_are_differences(lab):
    await lab.install("PC-02")
    await lab.wait_compliant()
    exchanges = await told_of(lab, "PC-02", "/statuses/")
    await lab.call("utm", "policy_block", host="other.example", shared=True)
    await lab.wait_compliant()
    exchanges = [replace(one, status=503) if "/flags/" in one.path else one for one in exchanges]
    report = await driven(lab, Recording.of(exchanges))
    what = {
        (one.request.split("/ep/")[1].split("/")[0], each.what)
        for one in report.differing
        for each in one.differences
    }
    assert ("flags", "status") in what
    assert ("policy", "body") in what


async def test_an_endpoint_that_was_there_before_the_recording_is_brought_to_where_it_was(lab):
    exchanges = await told_of(lab, "PC-01", "/statuses/")
    polls = [one for one in exchanges if "/commands/applications/" in one.path][-2:]
    flags = [one for one in exchanges if "/flags/" in one.path]
    quiet = [replace(one, response_body=encode_commands(()).decode()) for one in polls]
    report = await driven(lab, Recording.of([*quiet, *flags]))
    assert report.differing == ()
    assert report.sent == len(quiet) + len(flags) > 0
