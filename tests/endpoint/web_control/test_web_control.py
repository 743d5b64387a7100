import asyncio
import socket
from dataclasses import replace

import aiohttp
import pytest

from endpoint.web_control.listening import proxy_url_of
from foundation.webfilter.verdict import VerdictReason, WebRequest


async def test_utm_07_a_listed_site_is_blocked_with_a_page(desk):
    desk.give()
    await desk.web_control.start()
    status, text = await desk.fetch("http://blocked.example/")
    assert status == 403
    assert "the page" not in text


async def test_a_site_that_nothing_objects_to_is_passed(desk):
    desk.give()
    await desk.web_control.start()
    assert await desk.fetch("http://fine.example/") == (200, "the page")


async def test_web_05_an_exception_beats_the_block(desk):
    desk.give()
    await desk.web_control.start()
    assert (await desk.fetch("http://excepted.example/"))[0] == 200


async def test_without_a_policy_everything_is_allowed_and_nothing_logged(desk):
    await desk.web_control.start()
    assert (await desk.fetch("http://blocked.example/"))[0] == 200
    assert desk.events() == []


async def test_log_02_each_browse_leaves_one_event_with_its_reason(desk):
    desk.give()
    await desk.web_control.start()
    await desk.fetch("http://blocked.example/x?y=1")
    [event] = desk.events()
    assert (event.action, event.reason) == ("block", VerdictReason.BLACKLIST.value)
    assert (event.user, event.url) == ("anna", "http://blocked.example/x?y=1")
    assert event.filter_action_ref == "REF_Action"


async def test_an_activity_wakes_the_agent(desk):
    desk.give()
    await desk.web_control.start()
    await desk.fetch("http://fine.example/")
    assert await desk.persist_bell.wait(60)


async def test_web_03_a_new_policy_counts_after_the_ring(desk, policy):
    desk.give()
    await desk.web_control.start()
    assert (await desk.fetch("http://fine.example/"))[0] == 200
    action = replace(policy.actions[0], url_blacklist=(), uncategorized="block")
    rev_id = desk.give(actions=(action,))
    desk.bell.ring()
    async with asyncio.timeout(60):
        while desk.web_control.rev_id != rev_id:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert (await desk.fetch("http://fine.example/"))[0] == 403


async def test_a_policy_holds_from_the_first_request_after_it_is_there(desk, policy):
    desk.give()
    await desk.web_control.start()
    assert (await desk.fetch("http://fine.example/"))[0] == 200
    action = replace(policy.actions[0], url_blacklist=(), uncategorized="block")
    desk.give(actions=(action,))  # and nobody rings
    assert (await desk.fetch("http://fine.example/"))[0] == 403


async def test_the_last_good_policy_stays_in_force(desk):
    rev_id = desk.give()
    await desk.web_control.start()
    desk.host.web_control_policy.write_bytes(b"<policy")
    await desk.web_control.load()
    assert desk.web_control.rev_id == rev_id
    assert (await desk.fetch("http://blocked.example/"))[0] == 403
    assert "Refused policy.xml" in (desk.host.web_control / "Logs/WebControl.log").read_text()


async def test_after_a_restart_with_a_damaged_file_the_last_good_policy_is_used(desk):
    rev_id = desk.give()
    await desk.web_control.start()
    await desk.web_control.stop()
    desk.host.web_control_policy.write_bytes(b"<policy")
    desk.web_control = desk.make()
    await desk.web_control.start()
    assert desk.web_control.rev_id == rev_id


async def test_a_refused_policy_is_reported_once(desk):
    desk.give()
    await desk.web_control.start()
    desk.host.web_control_policy.write_bytes(b"<policy")
    await desk.web_control.load()
    await desk.web_control.load()
    log = (desk.host.web_control / "Logs/WebControl.log").read_text()
    assert log.count("Refused policy.xml") == 1


@pytest.mark.parametrize(
    ("switch", "url"),
    [("log_access", "http://fine.example/"), ("log_blocked", "http://blocked.example/")],
)
async def test_what_the_action_does_not_log_leaves_no_event(desk, policy, switch, url):
    desk.give(actions=(replace(policy.actions[0], **{switch: False}),))
    await desk.web_control.start()
    await desk.fetch(url)
    assert desk.events() == []


async def test_https_is_blocked_by_host_name(desk):
    desk.give()
    await desk.web_control.start()
    with pytest.raises(aiohttp.ClientHttpProxyError) as refused:
        await desk.fetch("https://blocked.example/")
    assert refused.value.status == 403


async def test_c3_an_https_warning_is_not_shown_and_logged_as_proceed(desk, policy):
    action = replace(policy.actions[0], uncategorized="warn")
    desk.give(actions=(action,))
    await desk.web_control.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.web_control.port)
    writer.write(b"CONNECT unknown.example:443 HTTP/1.1\r\nHost: unknown.example:443\r\n\r\n")
    assert b" 200 " in await reader.readline()
    writer.close()
    async with asyncio.timeout(60):
        while not desk.events():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert desk.events()[0].action == "proceed"


async def test_the_port_stays_the_same_over_a_restart(desk):
    await desk.web_control.start()
    port = desk.web_control.port
    await desk.web_control.stop()
    desk.web_control = desk.make()
    await desk.web_control.start()
    assert desk.web_control.port == port
    assert proxy_url_of(desk.host) == f"http://127.0.0.1:{port}"


async def test_a_port_that_somebody_took_meanwhile_is_exchanged(desk):
    await desk.web_control.start()
    port = desk.web_control.port
    await desk.web_control.stop()
    with socket.create_server(("127.0.0.1", port)):
        desk.web_control = desk.make()
        await desk.web_control.start()
        assert desk.web_control.port not in {0, port}


async def test_a_full_disk_does_not_stop_browsing(desk, monkeypatch):
    desk.give()
    await desk.web_control.start()

    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("endpoint.outbox.write_atomic", refuse)
    assert (await desk.fetch("http://fine.example/"))[0] == 200
    assert "could not be stored" in (desk.host.web_control / "Logs/WebControl.log").read_text()


async def test_a_hostile_url_makes_an_event_that_can_be_read(desk):
    desk.give()
    await desk.web_control.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.web_control.port)
    writer.write(b"GET http://fine.example/<script>&'\"%00 HTTP/1.1\r\nHost: fine.example\r\n\r\n")
    await reader.readline()
    writer.close()
    async with asyncio.timeout(60):
        while not desk.events():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert desk.events()[0].url.startswith("http://fine.example/")


async def test_decide_needs_no_running_service(desk, policy):
    desk.give()
    await desk.web_control.load()
    request = WebRequest("http://blocked.example/", "GET", desk.make()._now())
    assert (await desk.web_control.decide(request)).action == "block"


async def test_log_02_a_tunnel_is_stored_before_anything_passes_and_once(desk):
    desk.give()
    await desk.web_control.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.web_control.port)
    writer.write(b"CONNECT tunnel.example:443 HTTP/1.1\r\nHost: tunnel.example:443\r\n\r\n")
    async with asyncio.timeout(10):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"GET / HTTP/1.1\r\nHost: tunnel.example\r\n\r\n")
        await reader.readuntil(b"the page")
    while_open = [(event.method, event.action, event.size) for event in desk.events()]
    writer.close()
    await desk.web_control.stop()

    assert while_open == [("CONNECT", "allow", 0)]
    assert len(desk.events()) == 1
