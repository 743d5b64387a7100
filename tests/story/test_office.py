"""The same laptop at the office, where the UTM filters, and away, where Web Control does."""

from contextlib import suppress

import aiohttp
import pytest

from endpoint.network import load_network
from foundation.categories.demo import demo_categories
from foundation.webfilter.evaluate import evaluate
from foundation.webfilter.verdict import WebRequest
from utmlab.cli.deciding import decider_of
from utmlab.cli.stored_policies import endpoint_policy
from utmlab.held_ports import HeldPorts
from utmlab.office import OFFICE, network_of
from utmlab.stack import UTM, Stack

from .conftest import settled, utm_lines

GAMES, SHOP = "http://games.example/", "http://shop.example/"
OFFICE_PROFILE = [
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
        "type": "domain_regex",
        "attributes": {"name": "Shops", "mode": "Domain", "domain": ["shop.example"]},
        "as": "shops",
    },
    {
        "op": "create",
        "class": "http",
        "type": "cff_action",
        "attributes": {
            "name": "At the office",
            "mode": "allow",
            "url_blacklist": ["$shops"],
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


async def of_the_office(lab, **attributes):
    """The operation that changes the office's filter action."""
    actions = await lab.call(UTM, "objects", class_="http", type_="cff_action")
    (ref,) = [one["_ref"] for one in actions if one["name"] == "At the office"]
    return {"op": "change", "ref": ref, "attributes": attributes}


async def no_games(lab):
    return await of_the_office(lab, sp_categories=["REF_GamesGambles"])


@pytest.fixture
async def laptop(lab):
    """PC-01, whose own policy blocks games; the gateway's blocks shops."""
    await lab.install("PC-01")
    await lab.call(UTM, "edit", operations=OFFICE_PROFILE, summary="the office")
    await lab.wait_compliant()
    return lab


async def test_utm_08_at_the_office_the_utm_filters_and_logs(laptop):
    await laptop.move("PC-01", "office")
    blocked = await laptop.browse("PC-01", SHOP)
    passed = await laptop.browse("PC-01", GAMES)
    assert (blocked.status, passed.status) == (403, 200)
    await settled(laptop)
    first, second = utm_lines(laptop, "http")
    assert 'id="0002"' in first
    assert ' (At the office)" size=' in first
    assert 'id="0001"' in second
    assert 'srcip="127.77.0.1"' in second


async def test_utm_08_at_the_office_web_control_records_nothing(laptop):
    await laptop.move("PC-01", "office")
    await laptop.browse("PC-01", SHOP)
    await laptop.browse("PC-01", GAMES)
    assert laptop.computer("PC-01").endpoint.web_control._activity is not None
    spooled = list(laptop.computer("PC-01").host.web_control_activity.glob("*.json"))
    await settled(laptop)
    assert (spooled, utm_lines(laptop, "eplog")) == ([], [])


async def test_utm_08_no_double_block_page(laptop):
    """What both would block is blocked once, with the gateway's page."""
    await laptop.call(UTM, "edit", operations=[await no_games(laptop)], summary="no games")
    await laptop.move("PC-01", "office")
    page = await laptop.browse("PC-01", GAMES)
    assert page.status == 403
    assert page.text.count("<h1>") == 1
    assert "At the office" in page.text
    assert ("games.example", "/") not in laptop.internet.requests


async def test_utm_07_away_from_the_office_web_control_filters(laptop):
    await laptop.move("PC-01", "office")
    await laptop.move("PC-01", "roaming")
    assert (await laptop.browse("PC-01", GAMES)).status == 403
    await settled(laptop)
    assert utm_lines(laptop, "http") == []


async def test_utm_08_the_user_at_the_gateway_is_who_is_logged_in_on_the_computer(laptop):
    await laptop.move("PC-01", "office")
    await laptop.browse("PC-01", GAMES)
    await settled(laptop)
    (line,) = utm_lines(laptop, "http")
    assert ' user="' in line
    assert ' user="" ' not in line


async def test_utm_08_a_warning_of_the_gateway_is_gone_past_through_the_endpoint(laptop):
    edit = await of_the_office(laptop, uncategorized_websites="warn")
    await laptop.call(UTM, "edit", operations=[edit], summary="warn")
    await laptop.move("PC-01", "office")
    page = await laptop.browse("PC-01", "http://unheard-of.example/", proceed=True)
    assert (page.status, page.proceeded) == (200, True)
    await settled(laptop)
    ids = [line.partition('id="')[2][:4] for line in utm_lines(laptop, "http")]
    assert ids == ["0071", "0072", "0001"]


async def test_an_edit_holds_at_the_office_for_the_next_request(laptop):
    await laptop.move("PC-01", "office")
    assert (await laptop.browse("PC-01", GAMES)).status == 200
    await laptop.call(UTM, "edit", operations=[await no_games(laptop)], summary="no games")
    assert (await laptop.browse("PC-01", GAMES)).status == 403


async def test_without_the_gateway_the_office_fails_visibly(laptop):
    await laptop.move("PC-01", "office")
    await laptop.houses[UTM].stop()
    page = await laptop.browse("PC-01", "http://news.example/")
    assert page.status == 502
    assert "gateway" in page.text
    assert laptop.internet.requests == ()


async def test_an_https_request_at_the_office_is_the_gateways_to_refuse(laptop):
    await laptop.move("PC-01", "office")
    page = await laptop.browse("PC-01", "https://shop.example/")
    assert page.status == 403
    await settled(laptop)
    (line,) = utm_lines(laptop, "http")
    assert ' method="CONNECT" ' in line


async def test_utm_08_the_other_reading_the_endpoint_filters_at_the_office_too(laptop):
    node = {"op": "node", "key": "http.scan_epp_traffic", "value": False}
    done = await laptop.call(UTM, "edit", operations=[node], summary="endpoints filter")
    await laptop.wait_compliant(done["changeset"])
    await laptop.move("PC-01", "office")
    statuses = [(await laptop.browse("PC-01", url)).status for url in (GAMES, SHOP)]
    assert statuses[0] == 403
    await settled(laptop)
    assert utm_lines(laptop, "http") == []


async def test_the_location_survives_a_restart(laptop):
    await laptop.move("PC-01", "office")
    places, settings = laptop.places, laptop.settings
    await laptop.stop()
    async with Stack(places, settings) as again:
        assert load_network(again.computer("PC-01").host).is_office
        assert (await again.browse("PC-01", SHOP)).status == 403
        await settled(again)
        assert len(utm_lines(again, "http")) == 1


async def test_utm_08_policy_test_says_who_decides_and_what(laptop):
    places = laptop.places
    await settled(laptop)

    def asked(url):
        decider = decider_of(places, endpoint_policy(places, "PC-01"))
        request = WebRequest(url, "GET", laptop.now(), decider.user, decider.client_ip)
        verdict = evaluate(decider.named.policy, request, demo_categories())
        return decider.sentence, verdict.action

    assert asked(SHOP) == ("decided by Web Control of PC-01", "warn")
    assert asked(GAMES)[1] == "block"
    await laptop.move("PC-01", "office")
    gateway = "decided by the UTM's gateway, where PC-01 is 127.77.0.1"
    assert asked(SHOP) == (gateway, "block")
    assert asked(GAMES) == (gateway, "allow")


async def test_each_computer_has_its_own_address_and_keeps_it(laptop):
    await laptop.install("PC-02")
    first = await laptop.move("PC-01", "office")
    second = await laptop.move("PC-02", "office")
    await laptop.move("PC-01", "roaming")
    again = await laptop.move("PC-01", "office")
    assert len({first.source, second.source}) == 2
    assert again.source == first.source


async def test_open_connections_end_with_a_move(laptop):
    computer = laptop.computer("PC-01")
    async with aiohttp.ClientSession() as session:

        async def fetch():
            async with session.get("http://news.example/", proxy=computer.proxy_url) as answer:
                await answer.read()
                return answer.status

        assert await fetch() == 200
        await laptop.move("PC-01", "office")
        with suppress(aiohttp.ClientError):  # the browser notices, and connects again
            await fetch()
        assert await fetch() == 200
    await settled(laptop)
    assert utm_lines(laptop, "http")


@pytest.fixture
def held_port():
    held = HeldPorts()
    yield held.take()
    held.release()


async def test_the_office_follows_the_port_of_the_gateway(laptop, held_port):
    await laptop.move("PC-01", "office")
    assert (await laptop.browse("PC-01", SHOP)).status == 403
    node = {"op": "node", "key": "http.port", "value": held_port}
    await laptop.call(UTM, "edit", operations=[node], summary="another port")

    assert (await laptop.call(UTM, "web_filter"))["port"] == node["value"]
    assert (await laptop.browse("PC-01", SHOP)).status == 403
    assert network_of(laptop.computer("PC-01").host).gateway_port == node["value"]
