"""One lab for a user's whole session: each test finds it as it was prepared."""

from utmlab.fresh_start import FreshStart, held_by_liveconnect

pytest_plugins = ["pytester"]
PROJECT = """
import pytest
from utmlab.demo.configuration import CONFIGURATION

pytestmark = pytest.mark.asyncio(loop_scope="session")
URL = "http://news.example/"
seen = []

@pytest.fixture(scope="session")
def utmlab_prepare(utmlab_prepare):
    async def prepare(lab):
        await lab.call("utm", "edit", operations=CONFIGURATION, summary="web control")
        await utmlab_prepare(lab)
    return prepare

async def block(lab):
    done = await lab.call("utm", "policy_block", host="news.example")
    await lab.wait_compliant(done["changeset"])
    assert (await lab.browse("PC-01", URL)).status == 403

async def test_a_test_changes_and_leaves_much(utmlab_fresh_stack):
    lab = utmlab_fresh_stack
    seen.append((lab, lab.settings.ports, lab.computer("PC-01").endpoint.mcs_client))
    await block(lab)
    await lab.install("PC-02")
    await lab.faults.inject("mcs", "delay=0")
    await lab.computer("PC-01").endpoint.services.stop("Sophos Web Control")

async def test_the_next_finds_nothing_of_it(utmlab_fresh_stack):
    lab = utmlab_fresh_stack
    assert seen == [(lab, lab.settings.ports, lab.computer("PC-01").endpoint.mcs_client)]
    assert (await lab.browse("PC-01", URL)).status == 200
    assert list(lab.computers) == ["PC-01"]
    assert [one["name"] for one in await lab.call("utm", "endpoint_list")] == ["PC-01"]
    assert await lab.faults.active() == []
    await block(lab)
    await lab.call("utm", "endpoint_remove", endpoint="PC-01")

async def test_also_what_cannot_be_brought_back_in_place_is_back(utmlab_fresh_stack):
    listed = await utmlab_fresh_stack.call("liveconnect", "endpoints")
    assert [one["removed_at"] for one in listed] == [None]
    await block(utmlab_fresh_stack)
    assert False, "so that something is kept"

@pytest.mark.asyncio(loop_scope="function")
async def test_a_loop_of_its_own_is_refused(utmlab_fresh_stack):
    pass
"""


def test_each_test_of_a_session_finds_the_lab_as_it_was_prepared(pytester, tmp_path):
    pytester.makepyfile(PROJECT)
    result = pytester.runpytest_subprocess("-p", "no:xdist", f"--utmlab-artifacts={tmp_path}")
    result.assert_outcomes(passed=2, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*mark it pytest.mark.asyncio(loop_scope=*", "*what the lab had: *back_in_place*.tar.gz"]
    )
    assert len(list(tmp_path.glob("*back_in_place*.tar.gz"))) == 1


async def test_what_liveconnect_was_given_is_back_too(utmlab_stack, utmlab_endpoint):
    lab, fresh = utmlab_stack, FreshStart(utmlab_stack)
    await fresh.keep()
    before = await held_by_liveconnect(lab)
    for change in (
        {"verb": "flags_replace", "flags": {"one.flag": True}},
        {"verb": "ways_replace", "ways": {"proxies": ["proxy.example:3128"]}},
        {"verb": "ca_rotate", "step": "prepare"},
    ):
        await lab.call("liveconnect", **change)
        assert await held_by_liveconnect(lab) != before
        await fresh.come_back()
        assert await held_by_liveconnect(lab) == before
