"""Chapters 5 to 8: browsing, reports, a change that flips a verdict, a link that is cut."""

from contextlib import closing
from pathlib import Path

from utmlab.browsing import Page
from utmlab.demo.opening import FIRST, SECOND
from utmlab.demo.story import Story, StoryBrokenError, with_id
from utmlab.doctor import examine
from utmlab.stack import LIVECONNECT, UTM
from utmlab.stored import open_utm, stored_trace
from utmlab.trace import ChangesetTrace

GAMES, SHOP = "http://games.example/", "http://shop.example/"
TRAINING, NEWS = "http://training.games.example/", "http://news.example/"
SECURE_GAMES, SPORT = "https://games.example/", "http://sport.example/"


async def browsing(story: Story) -> None:
    """Allowed, blocked, warned and proceeded, excepted, HTTPS; and with both servers stopped."""
    story.chapter("People browse, through each computer's own Web Control")
    await _verdicts(story)
    story.say("The same with LiveConnect and the UTM stopped:")
    await story.lab.houses[UTM].stop()
    await story.lab.houses[LIVECONNECT].stop()
    await _verdicts(story)
    await story.lab.houses[LIVECONNECT].start()
    await story.lab.houses[UTM].start()


async def _verdicts(story: Story) -> None:
    await visit(story, SECOND, GAMES, 200, "allowed")
    blocked = await visit(story, FIRST, GAMES, 403, "blocked")
    story.expect("games.example" in blocked.text, "the block page names the site")
    await visit(story, FIRST, SHOP, 403, "warned")
    page = await story.lab.browse(FIRST, SHOP, proceed=True)
    story.expect(page.status == 200, "a warning can be gone past")
    story.show_page(FIRST, page, "warned, then proceeded" if page.proceeded else "proceeded")
    await visit(story, FIRST, TRAINING, 200, "excepted")
    await visit(story, FIRST, SECURE_GAMES, 403, "CONNECT blocked by host name")


async def visit(story: Story, computer: str, url: str, status: int, verdict: str) -> Page:
    """Browse as a person at a computer does, and hold what comes against the story."""
    page = await story.lab.browse(computer, url)
    if url == SHOP and page.status == 200:
        verdict, status = "proceeded before, still remembered", 200
    story.expect(page.status == status, f"{computer} {url} is {verdict} ({page.status})")
    story.show_page(computer, page, verdict)
    return page


async def reports(story: Story) -> None:
    """4211 before 4212, browsing in eplog.log, the computers with what they reported."""
    story.chapter("Statuses and events travel back to the UTM")
    logs = story.lab.places.utm_logs
    lines = await story.new_lines(logs / "epsecd.log", with_id("4211", "4212"))
    story.show(*[line for line in lines if 'id="4211"' in line or 'id="4212"' in line][:4])
    browsed = await story.new_lines(logs / "eplog.log", with_id("0001", "0060", "0071", "0072"))
    story.say("eplog.log, the browsing of endpoints:")
    for message in ("0001", "0060", "0071", "0072"):
        story.show(next(line for line in browsed if f'id="{message}"' in line))
    for one in await story.lab.call(UTM, "endpoint_list"):
        state = "compliant" if one["compliant"] else "not compliant"
        apps = " ".join(f"{app}={said['res']}" for app, said in one["statuses"].items())
        story.show(f"{one['name']}  {one['group']:10} {state} with {one['complies_with']}  {apps}")


async def change(story: Story) -> None:
    """A filter action changes; the verdict flips on the endpoints concerned, and only there."""
    story.chapter("A filter action changes: within one poll the verdict flips")
    await visit(story, FIRST, NEWS, 200, "allowed")
    story.pass_over(_epsecd_log(story))
    done = await story.lab.call(UTM, "policy_block", host="news.example", group="Default")
    story.show(
        f"{done['filter_action_ref']} {done['filter_action_name']!r} edited "
        f"(change {done['change']}), changeset {done['changeset']}"
    )
    await story.lab.wait_compliant(done["changeset"])
    await visit(story, FIRST, NEWS, 403, "blocked")
    await visit(story, SECOND, NEWS, 200, "allowed, as before")
    lines = await story.new_lines(_epsecd_log(story), with_id("4233", "4211", "4212"))
    story.show(*lines)
    trace = stored_trace(story.lab.places, done["changeset"])
    unconcerned = [one.name for one in trace.endpoints if not one.concerned]
    story.expect(unconcerned == [SECOND], "only the group's computers are concerned")
    _show_timeline(story, trace)


def _show_timeline(story: Story, trace: ChangesetTrace) -> None:
    story.say(f"The way of changeset {trace.number}, hop by hop:")
    for one in trace.endpoints:
        if not one.concerned:
            continue
        for hop, at, seconds in one.steps():
            story.show(f"{one.name} {hop:9} {at:%H:%M:%S.%f} +{seconds * 1000:8.1f} ms")
        waited, total = one.waited_for_poll_s, one.total_s
        if waited is None or total is None:
            raise StoryBrokenError("the timeline has a gap")
        story.show(
            f"{one.name} edited to applied: {total * 1000:.1f} ms, of which "
            f"{waited * 1000:.1f} ms ({waited / total:.0%}) waiting for the poll"
        )


async def cut_link(story: Story) -> None:
    """LiveConnect is away, a change waits, the doctor says so; the link heals."""
    story.chapter("LiveConnect is cut off, and a filter action changes")
    await visit(story, FIRST, SPORT, 200, "allowed")
    story.pass_over(_epsecd_log(story))
    await story.lab.houses[LIVECONNECT].stop()
    done = await story.lab.call(UTM, "policy_block", host="sport.example", group="Default")
    story.show(f"changeset {done['changeset']} is compiled and cannot be sent")
    lines = await story.new_lines(_epsecd_log(story), with_id("4282"))
    story.expect(not with_id("4233")(lines), "no 4233 while the link is down")
    story.show(*lines)
    with closing(open_utm(story.lab.places)) as utm:
        story.expect(utm.status()["waiting"], "the changeset waits")
    story.say("utmlab doctor:")
    for finding in examine(story.lab.places, story.lab.now()):
        story.show(f"{finding.level:8} {finding.subject}: {finding.sentence}")
    await visit(story, FIRST, SPORT, 200, "still allowed")
    story.say("The link heals:")
    await story.lab.houses[LIVECONNECT].start()
    await story.lab.wait_compliant(done["changeset"])
    await visit(story, FIRST, SPORT, 403, "blocked")
    story.show(*await story.new_lines(_epsecd_log(story), with_id("4283", "4233", "4211", "4212")))


def _epsecd_log(story: Story) -> Path:
    return story.lab.places.utm_logs / "epsecd.log"
