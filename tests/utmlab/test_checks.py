"""What a test can say about a lab, said rightly and wrongly."""

import re
import tarfile

import pytest

from utmlab.checks import assert_logged, assert_order, assert_unchanged, assert_verdict
from utmlab.demo.configuration import CONFIGURATION
from utmlab.errors import NotCompliantError

pytest_plugins = ["pytester"]
URL = "http://news.example/"


async def test_a_policy_is_checked_from_verdict_to_log(utmlab_stack, utmlab_endpoint):
    """One lab for all of it: each check passes, and fails where it should."""
    lab, laptop = utmlab_stack, utmlab_endpoint
    await lab.call("utm", "edit", operations=CONFIGURATION, summary="web control")
    await lab.wait_compliant()
    async with assert_unchanged(lab):
        await assert_verdict(lab, laptop, URL, "allow")
    with pytest.raises(AssertionError, match="configuration"):
        await change_what_should_not(lab)
    await assert_verdict(lab, laptop, URL, "block", reason="blacklist")
    with pytest.raises(AssertionError, match=r"'action': 'allow'.*'block'.*is decided"):
        await assert_verdict(lab, laptop, URL, "allow")
    await assert_logged(lab, "epsecd", id="4233")
    with pytest.raises(AssertionError, match=r"no line of epsecd\.log has"):
        await assert_logged(lab, "epsecd", id="4299", name="never")
    await assert_order(lab, "epsecd", {"id": "4233"}, {"id": "4211"}, {"id": "4212"})
    with pytest.raises(AssertionError, match="after those for the first 1"):
        await assert_order(lab, "epsecd", {"id": "4233"}, {"id": "4299"})


async def change_what_should_not(lab):
    async with assert_unchanged(lab):
        done = await lab.call("utm", "policy_block", host="news.example", group="Default")
        await lab.wait_compliant(done["changeset"], group="Default", polls=50)


async def test_a_wait_of_so_many_polls_names_endpoint_hop_request_and_last_line(
    utmlab_stack, utmlab_endpoint
):
    lab, laptop = utmlab_stack, utmlab_endpoint
    await laptop.endpoint.services.stop("Sophos MCS Agent")
    done = await lab.call("utm", "group_create", name="Guests")
    done = await lab.call(
        "utm", "edit", operations=CONFIGURATION, summary="the agent does not apply it"
    )
    with pytest.raises(NotCompliantError) as caught:
        await lab.wait_compliant(done["changeset"], polls=3)
    told = str(caught.value)
    assert "after 3 polls PC-01" in told
    for part in ("PC-01: no hop '", "last request: GET ", "MCSClient.log:"):
        assert part in told


USER = """
import pytest
pytestmark = pytest.mark.asyncio
async def test_fails(utmlab_stack):
    await utmlab_stack.houses["utm"].service.quiesce()
    assert (await utmlab_stack.call("utm", "token"))["token"] == "another"
"""
STORY = """
import asyncio
def test_a_month(utmlab_clock):
    async def story(lab, clock):
        await lab.install("PC-01")  # which may wait for a poll
        begun = clock.now()
        await asyncio.sleep(3600)
        return lab.computer("PC-01").endpoint.mcs_client.polls, (clock.now() - begun).seconds
    polls, seconds = utmlab_clock(story)
    assert polls >= 180 and seconds == 3600
"""
FLEET = """
import pytest
pytestmark = pytest.mark.asyncio
async def test_three(utmlab_stack, utmlab_fleet):
    fleet = await utmlab_fleet(3)
    assert [one.name for one in fleet] == ["FLEET-01", "FLEET-02", "FLEET-03"]
    assert len(await utmlab_stack.call("utm", "endpoint_list")) == 3
"""


def test_a_failed_test_leaves_a_bundle_without_secrets(pytester, tmp_path):
    pytester.makepyfile(USER)
    result = pytester.runpytest_subprocess(
        f"--utmlab-artifacts={tmp_path / 'kept'}", "-p", "no:xdist"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*what the lab had: *test_fails.tar.gz"])
    (bundle,) = (tmp_path / "kept").iterdir()
    token = re.search(r"assert '([A-Za-z0-9]{17})' == 'another'", result.stdout.str())[1]
    with tarfile.open(bundle) as archive:
        files = {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}
    assert any("epsecd" in name for name in files), sorted(files)
    assert not [name for name, content in files.items() if token.encode() in content]


def test_a_story_in_virtual_time_and_a_fleet_run_in_a_users_project(pytester):
    pytester.makepyfile(test_story=STORY, test_fleet=FLEET)
    pytester.runpytest_subprocess("-p", "no:xdist").assert_outcomes(passed=2)
