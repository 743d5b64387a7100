"""Chapter 9: the same laptop at the office, where the UTM filters, and at home again."""

from pathlib import Path
from typing import Any

from utmlab.demo.closing import GAMES, NEWS, visit
from utmlab.demo.opening import FIRST
from utmlab.demo.story import Story, with_id
from utmlab.office import OFFICE
from utmlab.stack import UTM

OFFICE_PROFILE: list[dict[str, Any]] = [
    {
        "op": "create",
        "class": "network",
        "type": "network",
        "attributes": {
            "name": "Office",
            "address": str(OFFICE.network_address),
            "netmask": OFFICE.prefixlen,
        },
        "as": "office",
    },
    {
        "op": "create",
        "class": "http",
        "type": "cff_action",
        "attributes": {
            "name": "At the office",
            "mode": "allow",
            "sp_categories": ["REF_GamesGambles"],
            "log_access": True,
            "log_blocked": True,
        },
        "as": "action",
    },
    {
        "op": "create",
        "class": "http",
        "type": "profile",
        "attributes": {
            "name": "Office",
            "status": True,
            "networks": ["$office"],
            "default_cff_action": "$action",
        },
    },
]


async def office(story: Story) -> None:
    """Behind the UTM the UTM filters, and Web Control stands back; away it is Web Control again."""
    story.chapter("The same laptop at the office: the UTM filters, Web Control stands back")
    done = await story.lab.call(
        UTM, "edit", operations=OFFICE_PROFILE, summary="the gateway's profile for the office"
    )
    story.expect(done["changeset"] is None, "a profile of the gateway is sent to no endpoint")
    await visit(story, FIRST, NEWS, 403, "blocked by Web Control")
    network = await story.lab.move(FIRST, "office")
    story.say(f"{FIRST} comes to the office; there it is {network.source}:")
    await visit(story, FIRST, NEWS, 200, "allowed by the UTM")
    await visit(story, FIRST, GAMES, 403, "blocked by the UTM, with one page")
    story.say("http.log, the browsing behind the UTM:")
    story.show(*await story.new_lines(_http_log(story), with_id("0001", "0060")))
    await story.lab.move(FIRST, "roaming")
    story.say(f"{FIRST} goes home:")
    await visit(story, FIRST, NEWS, 403, "blocked by Web Control")


def _http_log(story: Story) -> Path:
    return story.lab.places.utm_logs / "http.log"
