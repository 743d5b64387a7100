"""From an edit on the UTM to the verdict on the laptop, and back into the logs."""

import asyncio

import pytest

from utm.web_policy_edits import FilterActionSharedError
from utmlab.demo.configuration import GROUP
from utmlab.errors import NotCompliantError
from utmlab.stored import stored_trace
from utmlab.trace import HOPS

from .conftest import settled, utm_lines

GAMES, SHOP, NEWS = "http://games.example/", "http://shop.example/", "http://news.example/"
TRAINING = "http://training.games.example/"


async def status_of(lab, computer, url):
    return (await lab.browse(computer, url)).status


async def test_utm_07_verdicts_stay_the_same_with_both_servers_stopped(office):
    questions = [(name, url) for name in ("PC-01", "PC-02") for url in (GAMES, NEWS, TRAINING)]
    before = [await status_of(office, *question) for question in questions]
    await office.houses["utm"].stop()
    await office.houses["liveconnect"].stop()

    assert [await status_of(office, *question) for question in questions] == before
    assert 403 in before
    assert 200 in before


async def test_web_04_moving_a_computer_flips_its_verdict_and_nobody_elses(office):
    assert await status_of(office, "PC-02", GAMES) == 200
    moved = await office.call("utm", "group_move", endpoint="PC-02", group="Default")
    await office.wait_compliant(moved["changeset"])

    assert await status_of(office, "PC-02", GAMES) == 403
    assert await status_of(office, "PC-01", GAMES) == 403
    back = await office.call("utm", "group_move", endpoint="PC-02", group=GROUP)
    await office.wait_compliant(back["changeset"])
    assert await status_of(office, "PC-02", GAMES) == 200


async def test_web_05_an_exception_beats_the_block_for_its_group(office):
    assert await status_of(office, "PC-01", GAMES) == 403
    assert await status_of(office, "PC-01", TRAINING) == 200


async def test_web_06_an_exception_made_on_the_utm_is_allowed_on_the_endpoint(office):
    exception = {
        "op": "create",
        "class": "http",
        "type": "exception",
        "attributes": {
            "name": "All games",
            "status": True,
            "domains": [r"^https?://games\.example/"],
            "skiplist": ["url_filter"],
        },
    }
    done = await office.call("utm", "edit", operations=[exception], summary="exception")
    await office.wait_compliant(done["changeset"])

    assert await status_of(office, "PC-01", GAMES) == 200


async def test_a_warning_is_shown_and_can_be_gone_past(office):
    warned = await office.browse("PC-01", SHOP)
    proceeded = await office.browse("PC-01", SHOP, proceed=True)

    assert (warned.status, proceeded.status, proceeded.proceeded) == (403, 200, True)
    assert await status_of(office, "PC-01", SHOP) == 200


async def test_https_is_blocked_by_the_host_name_of_connect(office):
    assert await status_of(office, "PC-01", "https://games.example/") == 403


async def test_log_04_an_edit_writes_exactly_one_4233(office):
    await settled(office)
    before = sum('id="4233"' in line for line in utm_lines(office))
    done = await office.call("utm", "policy_block", host="news.example", group="Default")
    await office.wait_compliant(done["changeset"])
    await settled(office)

    assert sum('id="4233"' in line for line in utm_lines(office)) == before + 1


async def test_a_change_flips_the_verdict_on_exactly_the_endpoints_concerned(office):
    done = await office.call("utm", "policy_block", host="news.example", group="Default")
    await office.wait_compliant(done["changeset"])

    assert await status_of(office, "PC-01", NEWS) == 403
    assert await status_of(office, "PC-02", NEWS) == 200
    concerned = {one.name: one.concerned for one in trace(office, done).endpoints}
    assert concerned == {"PC-01": True, "PC-02": False}


def trace(lab, done):
    return stored_trace(lab.places, done["changeset"])


async def test_the_timeline_of_a_changeset_has_every_hop_in_order(office):
    done = await office.call("utm", "policy_block", host="news.example", group="Default")
    await office.wait_compliant(done["changeset"])

    laptop = next(one for one in trace(office, done).endpoints if one.name == "PC-01")
    steps = list(laptop.steps())
    assert [hop for hop, _, _ in steps] == list(HOPS)
    assert all(seconds >= 0 for _, _, seconds in steps)
    assert 0 <= laptop.waited_for_poll_s <= laptop.total_s


async def test_a_shared_filter_action_is_not_edited_unless_told(office):
    profiles = await office.call("utm", "objects", class_="http", type_="profile")
    by_name = {one["name"]: one for one in profiles}
    share = {
        "op": "change",
        "ref": by_name["Marketing endpoints"]["_ref"],
        "attributes": {"default_cff_action": by_name["Endpoints"]["default_cff_action"]},
    }
    await office.call("utm", "edit", operations=[share], summary="share")

    with pytest.raises(FilterActionSharedError, match="Marketing"):
        await office.call("utm", "policy_block", host="news.example", group="Default")
    done = await office.call(
        "utm", "policy_block", host="news.example", group="Default", shared=True
    )
    await office.wait_compliant(done["changeset"])
    assert await status_of(office, "PC-02", NEWS) == 403


async def test_log_02_a_browse_becomes_one_line_of_eplog(office):
    await office.browse("PC-01", "http://games.example/once")
    lines = await lines_with(office, "games.example/once")

    assert len(lines) == 1
    assert 'id="0060"' in lines[0]
    assert 'action="block"' in lines[0]


async def lines_with(lab, text):
    """Wait until eplog.log has lines with the text, then one poll more; return them."""
    while not any(text in line for line in utm_lines(lab, "eplog")):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await asyncio.sleep(lab.settings.poll_interval_s)
    return [line for line in utm_lines(lab, "eplog") if text in line]


async def test_log_06_every_4212_follows_its_4211(office):
    await settled(office)
    ids = [line.split('id="')[1][:4] for line in utm_lines(office)]
    reports = [one for one in ids if one in {"4211", "4212"}]

    assert reports
    assert reports == ["4211", "4212"] * (len(reports) // 2)


async def test_a_change_while_the_link_is_cut_waits_and_arrives_later(office):
    await settled(office)
    sent = sum('id="4233"' in line for line in utm_lines(office))
    await office.houses["liveconnect"].stop()
    done = await office.call("utm", "policy_block", host="news.example", group="Default")
    status = await office.call("utm", "status")
    await settled(office)

    assert status["waiting"]["changeset"] == done["changeset"]
    assert sum('id="4233"' in line for line in utm_lines(office)) == sent
    assert await status_of(office, "PC-01", NEWS) == 200
    await office.houses["liveconnect"].start()
    await office.wait_compliant(done["changeset"])
    assert await status_of(office, "PC-01", NEWS) == 403


async def test_a_time_out_names_the_hop_and_shows_the_last_lines(office):
    await office.houses["liveconnect"].stop()
    done = await office.call("utm", "policy_block", host="news.example", group="Default")
    with pytest.raises(NotCompliantError, match="4233") as late:
        await office.wait_compliant(done["changeset"], timeout_s=0.3)

    assert "PC-01" in str(late.value)
    assert "MCSClient.log" in str(late.value)
