"""How remote syslog goes, as status and doctor show it."""

import asyncio

import pytest

from utmlab.api import lab_control
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack
from utmlab.syslog_servers import syslog_findings, syslog_sentence, syslog_servers

WELL = {
    "name": "collector",
    "address": "udp 198.51.100.9:514",
    "sent": 12,
    "waiting": 0,
    "dropped": 0,
    "trouble": "",
}
SERVER = [
    {
        "op": "create",
        "class": "network",
        "type": "host",
        "attributes": {"name": "collector", "address": "198.51.100.9"},
        "as": "host",
    },
    {
        "op": "create",
        "class": "remote_syslog",
        "type": "server",
        "attributes": {"name": "collector", "server": "$host"},
        "as": "server",
    },
    {"op": "node", "key": "remote_syslog.target", "value": ["$server"]},
    {"op": "node", "key": "remote_syslog.status", "value": True},
]
"""No log is selected, so nothing is sent anywhere."""


@pytest.fixture
async def lab(tmp_path):
    settings = LabSettings(ports=Ports(), poll_interval_s=0.2)
    async with Stack(Places.of(tmp_path / "lab"), settings) as stack:
        control = lab_control(stack)
        await control.start()
        yield stack
        await control.stop()


def test_nothing_runs_nothing_is_known(tmp_path):
    assert syslog_servers(Places.of(tmp_path)) == []


async def test_a_running_lab_tells_its_servers(lab):
    await lab.call("utm", "edit", operations=SERVER, summary="a collector")
    await lab.houses["utm"].service.remote_syslog.load()
    (server,) = await asyncio.to_thread(syslog_servers, lab.places)
    assert server == WELL | {"sent": 0, "address": server["address"]}
    assert "198.51.100.9" in server["address"]


def test_what_is_sent_is_told():
    assert syslog_sentence(WELL) == (
        "collector (udp 198.51.100.9:514): 12 lines sent, 0 wait, 0 dropped"
    )


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, "ok"),
        ({"trouble": "connection refused", "waiting": 3}, "warning"),
        ({"dropped": 1}, "warning"),
    ],
)
def test_lines_that_wait_or_are_lost_are_a_warning(changes, level):
    (finding,) = syslog_findings([WELL | changes])
    assert (finding.level, finding.subject) == (level, "remote syslog")
    assert finding.sentence.endswith(changes.get("trouble", "dropped"))
