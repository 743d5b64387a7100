import asyncio
import sqlite3

import pytest

from foundation.net.http_server import PortInUseError
from utm.web_filter import WebFilterOptions
from utm.web_filter.clients import WebClient, write_clients

from .conftest import OFFICE_PC, STRANGER, Gateway

GAMES = {"op": "change", "ref": "REF_DefaultHTTPCFFAction"}


def network(name, address, **more):
    attributes = {"name": name, "address": address, **more}
    return {
        "op": "create",
        "class": "network",
        "type": "host",
        "attributes": attributes,
        "as": name,
    }


def action(name, **attributes):
    attributes = {"name": name, "mode": "allow", "log_blocked": True, **attributes}
    return {
        "op": "create",
        "class": "http",
        "type": "cff_action",
        "attributes": attributes,
        "as": name,
    }


def profile(name, default, *networks, **attributes):
    attributes = {
        "name": name,
        "status": True,
        "networks": list(networks),
        "default_cff_action": default,
        **attributes,
    }
    return {"op": "create", "class": "http", "type": "profile", "attributes": attributes}


async def test_utm_07_the_gateway_passes_what_its_policy_allows(gateway):
    assert await gateway.fetch("http://fine.example/") == (200, "the page")


async def test_utm_07_an_edit_holds_for_the_next_request(gateway):
    assert (await gateway.fetch("http://shop.example/"))[0] == 200
    await gateway.block("shop.example")
    status, text = await gateway.fetch("http://shop.example/")
    assert status == 403
    assert "the page" not in text


async def test_the_profile_is_that_of_the_source_address(gateway):
    await gateway.edit(
        network("desk", OFFICE_PC),
        action("no games", sp_categories=["REF_GamesGambles"]),
        profile("Office", "$no games", "$desk"),
    )
    assert (await gateway.fetch("http://games.example/"))[0] == 403
    assert (await gateway.fetch("http://games.example/", source=STRANGER))[0] == 200


async def test_web_05_an_exception_for_an_endpoint_group_holds_for_its_computers(gateway, clients):
    await gateway.block("shop.example")
    computer = {"name": "PC-01", "mcs_id": "0" * 32}
    await gateway.edit(
        {"op": "create", "class": "epp", "type": "endpoint", "attributes": computer, "as": "pc"},
        {
            "op": "create",
            "class": "epp",
            "type": "endpoints_group",
            "attributes": {"name": "Sales", "endpoints": ["$pc"]},
            "as": "group",
        },
        {
            "op": "create",
            "class": "http",
            "type": "exception",
            "attributes": {
                "name": "Sales may shop",
                "status": True,
                "endpoints_groups": ["$group"],
                "skiplist": ["url_filter"],
            },
        },
    )
    assert (await gateway.fetch("http://shop.example/"))[0] == 403
    write_clients(clients, {OFFICE_PC: WebClient("PC-01", "anna")})
    assert (await gateway.fetch("http://shop.example/"))[0] == 200
    assert (await gateway.fetch("http://shop.example/", source=STRANGER))[0] == 403


async def test_a_policy_for_a_user_holds_for_who_is_logged_in_there(gateway, clients):
    await gateway.edit(
        {
            "op": "create",
            "class": "aaa",
            "type": "user",
            "attributes": {"name": "anna"},
            "as": "anna",
        },
        network("desk", OFFICE_PC),
        action("nothing", sp_categories=[]),
        action("no games", sp_categories=["REF_GamesGambles"]),
        {
            "op": "create",
            "class": "http",
            "type": "cff_profile",
            "attributes": {"name": "Anna", "aaa": ["$anna"], "action": "$no games"},
            "as": "rule",
        },
        profile("Office", "$nothing", "$desk", cff_profiles=["$rule"]),
    )
    assert (await gateway.fetch("http://games.example/"))[0] == 200
    write_clients(clients, {OFFICE_PC: WebClient("PC-01", r"LAB\anna")})
    assert (await gateway.fetch("http://games.example/"))[0] == 403


async def test_a_clients_file_that_cannot_be_read_leaves_who_was_known(gateway, clients):
    write_clients(clients, {OFFICE_PC: WebClient("PC-01", "anna")})
    await gateway.fetch("http://fine.example/")
    clients.write_text("{")
    await gateway.fetch("http://fine.example/")
    assert [' user="anna" ' in line for line in await gateway.lines()] == [True, True]


async def test_going_on_past_a_warning_is_remembered_for_that_user_only(gateway, clients):
    write_clients(
        clients, {OFFICE_PC: WebClient("PC-01", "anna"), STRANGER: WebClient("PC-02", "bob")}
    )
    await gateway.edit({**GAMES, "attributes": {"uncategorized_websites": "warn"}})
    status, text = await gateway.fetch("http://new.example/", headers={"Accept": "text/html"})
    assert status == 403
    token = text.partition('name="token" value="')[2].partition('"')[0]
    where = text.partition('<form method="post" action="')[2].partition('"')[0]
    assert await gateway.post(f"http://new.example{where}", {"token": token}) == 303
    assert (await gateway.fetch("http://new.example/"))[0] == 200
    assert (await gateway.fetch("http://new.example/", source=STRANGER))[0] == 403
    ids = [line.partition('id="')[2][:4] for line in await gateway.lines()]
    assert ids == ["0071", "0072", "0001", "0071"]


async def test_a_warning_of_one_computer_is_no_use_to_another_with_the_same_user(gateway, clients):
    anna = r"LAB\anna"
    write_clients(
        clients, {OFFICE_PC: WebClient("PC-01", anna), STRANGER: WebClient("PC-02", anna)}
    )
    await gateway.edit({**GAMES, "attributes": {"uncategorized_websites": "warn"}})
    _, text = await gateway.fetch("http://new.example/", headers={"Accept": "text/html"})
    form = {"token": text.partition('name="token" value="')[2].partition('"')[0]}
    where = text.partition('<form method="post" action="')[2].partition('"')[0]
    where = f"http://new.example{where}"
    assert await gateway.post(where, form, source=STRANGER) == 403
    assert await gateway.post(where, form) == 303
    assert (await gateway.fetch("http://new.example/", source=STRANGER))[0] == 403


async def test_each_request_is_one_line_over_a_restart(gateway, make_utm, web_filter_options):
    for _ in range(5):
        await gateway.fetch("http://fine.example/")
    await gateway.utm.stop()
    again = Gateway(make_utm(web_filter=web_filter_options))
    await again.utm.start()
    await again.fetch("http://fine.example/")
    assert len(await again.lines()) == 6


async def test_a_burst_of_requests_is_committed_together(gateway):
    await gateway.lines()
    writer = gateway.utm.writer
    commits = 0
    write = writer.write

    async def counted(work):
        nonlocal commits
        commits += 1
        return await write(work)

    gateway.utm.web_filter._log._writer = type("Counting", (), {"write": staticmethod(counted)})()
    await asyncio.gather(*(gateway.fetch("http://fine.example/") for _ in range(40)))
    assert len(await gateway.lines()) == 40
    assert commits < 20


async def test_lines_wait_while_the_disk_refuses(gateway):
    log = gateway.utm.web_filter._log
    write = log._writer.write

    async def refuse(_work):
        raise sqlite3.OperationalError("disk is full")

    log._writer = type("Full", (), {"write": staticmethod(refuse)})()
    await gateway.fetch("http://fine.example/")
    assert await gateway.lines() == []
    log._writer = type("Good", (), {"write": staticmethod(write)})()
    assert len(await gateway.lines()) == 1


async def test_what_is_not_to_be_logged_leaves_no_line(gateway):
    await gateway.edit({**GAMES, "attributes": {"log_access": False}})
    await gateway.fetch("http://fine.example/")
    assert await gateway.lines() == []


async def test_a_site_that_cannot_be_reached_is_a_502_and_a_line(make_utm):
    options = WebFilterOptions(connect_to={"*": ("127.0.0.1", 1)})
    gateway = Gateway(make_utm(web_filter=options))
    await gateway.utm.start()
    await gateway.edit({**GAMES, "attributes": {"log_access": True}})
    assert (await gateway.fetch("http://gone.example/"))[0] == 502
    (line,) = await gateway.lines()
    assert ' statuscode="502" ' in line
    assert ' error="origin_unreachable" ' in line
    assert "dstip" not in line


async def test_the_port_is_that_of_the_node_when_none_is_given(gateway, make_utm):
    port = gateway.utm.web_filter.port
    await gateway.edit({"op": "node", "key": "http.port", "value": port})
    await gateway.utm.stop()
    utm = make_utm(web_filter=WebFilterOptions(port=None))
    await utm.start()
    assert utm.web_filter.port == port


async def test_a_taken_port_is_named(site, make_utm):
    utm = make_utm(web_filter=WebFilterOptions(port=site.port))
    with pytest.raises(PortInUseError, match="web filter"):
        await utm.start()
