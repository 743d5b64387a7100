"""Computers are installed once their first poll can carry policies."""

import asyncio
from datetime import UTC, datetime

import pytest

from utmlab.cli.installing import PUSHED_WITHIN_S, install_missing
from utmlab.clock import run_virtual
from utmlab.places import Places

START = datetime(2026, 11, 20, tzinfo=UTC)


class Lab:
    """A lab whose UTM has a changeset that waits for a while."""

    def __init__(self, folder, waits_s):
        self.places, self.computers = Places.of(folder), {}
        self.installed_at_s, self._waits_s = [], waits_s

    async def call(self, _house, verb):
        is_waiting = asyncio.get_running_loop().time() < self._waits_s
        return {"file": "setup"} if verb == "deploy_agent" else {"waiting": is_waiting or None}

    async def install(self, _name, _installer, **_more):
        self.installed_at_s.append(asyncio.get_running_loop().time())


@pytest.mark.parametrize(
    ("waits_s", "begins_s"),
    [(0, 0), (7, 7), (3600, PUSHED_WITHIN_S)],
    ids=["no", "a while", "long"],
)
def test_a_changeset_that_is_not_at_liveconnect_yet_is_waited_for_but_not_for_ever(
    tmp_path, waits_s, begins_s
):
    lab = Lab(tmp_path / "lab", waits_s)
    run_virtual(lambda _clock: install_missing(lab, 2), start=START)
    assert lab.installed_at_s == pytest.approx([begins_s] * 2, abs=0.1)
