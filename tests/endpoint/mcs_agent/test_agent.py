import asyncio
import json
from datetime import timedelta

import pytest

from endpoint.answer_spool import ResponseSpool
from endpoint.mcs_agent.agent import McsAgent
from endpoint.outbox import Notice, Outbox
from foundation.checkpoints import NO_CHECKPOINTS
from foundation.durable.doorbell import EventDoorbell
from foundation.protocol.actions import encode_force_update, encode_run_diagnostics, encode_scan_now


class Killed(BaseException):
    pass


class Points:
    def __init__(self, name):
        self.name = name

    def reach(self, name):
        if name == self.name:
            raise Killed


@pytest.fixture
def bells():
    return {"SWC": EventDoorbell(), "ALC": EventDoorbell()}


@pytest.fixture
def make(host, handover, log, clock, bells):
    def build(checkpoints=NO_CHECKPOINTS, **options):
        return McsAgent(
            host,
            handover=handover,
            log=log,
            now=clock,
            bells=bells,
            checkpoints=checkpoints,
            **options,
        )

    return build


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_mcs_06_what_waited_while_the_agent_was_stopped_is_applied_at_its_start(
    make, handover, documents
):
    handover.store_policy("SAV", 2, documents["SAV"][1])
    agent = make()
    await agent.start()
    await until(handover.statuses)
    await agent.stop()
    assert handover.statuses()[0].app_id == "SAV"


async def test_the_bell_wakes_the_agent(make, handover, documents):
    agent = make()
    await agent.start()
    await asyncio.sleep(0)
    handover.store_policy("SAV", 2, documents["SAV"][1])
    await until(handover.statuses)
    await agent.stop()


async def test_a_component_is_rung_for_when_its_configuration_changed(
    make, handover, bells, documents
):
    handover.store_policy("SWC", 190, documents["SWC"][1])
    await make().pass_once()
    assert await bells["SWC"].wait(60)


async def test_a_component_is_left_alone_when_nothing_changed(make, handover, bells, documents):
    handover.store_policy("SWC", 190, documents["SWC"][1])
    agent = make()
    await agent.pass_once()
    await bells["SWC"].wait(60)
    await agent.pass_once()
    assert not await bells["SWC"].wait(0.01)


async def test_mcs_10_the_agent_log_says_what_was_applied(make, handover, host, documents):
    handover.store_policy("SWC", 190, documents["SWC"][1])
    await make().pass_once()
    assert "Applied SWC-190_policy.xml" in host.agent_log.read_text()


async def test_mcs_09_a_notice_becomes_an_event_and_leaves_the_outbox(make, handover, host, clock):
    outbox = Outbox(host.web_control_activity)
    outbox.put(Notice(id="n1", app_id="SWC", at=clock(), body="<event/>"))
    await make().pass_once()
    [event] = handover.events()
    assert (event.id, event.app_id, event.creation_time) == ("n1", "SWC", clock())
    assert outbox.count() == 0


async def test_killed_between_event_and_outbox_the_notice_is_one_event(make, handover, host, clock):
    Outbox(host.web_control_activity).put(
        Notice(id="n1", app_id="SWC", at=clock(), body="<event/>")
    )
    with pytest.raises(Killed):
        await make(Points("agent.after_event_stored")).pass_once()
    handover.events_sent(["n1"])  # the client was faster than the restart
    await make().pass_once()
    assert handover.events() == ()


async def test_force_update_asks_autoupdate_once(make, handover, host, bells):
    handover.store_action("7", "ALC", encode_force_update())
    agent = make()
    await agent.pass_once()
    await agent.pass_once()
    assert Outbox(host.autoupdate / "Requests").count() == 1
    assert await bells["ALC"].wait(60)
    assert handover.actions() == ()


async def test_an_action_that_comes_again_is_not_acted_on_again(make, handover):
    agent = make()
    for _ in range(2):
        handover.store_action("9", "SAV", encode_scan_now())
        await agent.pass_once()
        handover.events_sent([event.id for event in handover.events()])
    handover.store_action("9", "SAV", encode_scan_now())
    await agent.pass_once()
    assert handover.events() == ()


async def test_scan_now_reports_its_end_and_replies(make, handover, host):
    handover.store_action("9", "SAV", encode_scan_now())
    await make().pass_once()
    assert "scanCompleteEvent" in handover.events()[0].body
    (response,) = ResponseSpool(host, handover.spool_bell).waiting()
    assert (response.app_id, response.command_id) == ("SAV", "9")
    assert json.loads(response.body)["result"] == 0


async def test_an_expired_action_is_dropped(make, handover, host, clock):
    expired = clock() - timedelta(seconds=1)
    handover.store_action("9", "SAV", encode_scan_now(), expires_at=expired)
    await make().pass_once()
    assert handover.events() == ()
    assert "came too late" in host.agent_log.read_text()


@pytest.mark.parametrize("body", ["", "garbage", "[]", encode_run_diagnostics("https://x")])
async def test_an_action_that_nobody_understands_is_done_with(body, make, handover):
    handover.store_action("9", "SAV", body)
    assert await make().pass_once()
    assert handover.actions() == ()


async def test_a_full_disk_is_logged_and_tried_again(make, handover, documents, monkeypatch, host):
    handover.store_policy("SWC", 190, documents["SWC"][1])
    agent = make()

    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("endpoint.mcs_agent.adapters.base.write_atomic", refuse)
        assert not await agent.pass_once()
    assert "No space left" in host.agent_log.read_text()
    assert await agent.pass_once()
    assert host.web_control_policy.read_bytes() == documents["SWC"][1]


async def test_the_other_parts_go_on_when_one_fails(make, handover, host, documents):
    host.installed_products.write_text("{")
    handover.store_action("9", "MCS", "<action type='x'/>")
    handover.store_policy("SAV", 2, documents["SAV"][1])
    assert not await make().pass_once()
    assert handover.actions() == ()


async def test_after_a_failed_pass_the_agent_tries_again_by_itself(make, handover, host, documents):
    products = host.installed_products.read_text()
    host.installed_products.write_text("{")
    handover.store_policy("SAV", 2, documents["SAV"][1])
    agent = make(retry_s=0.01)
    await agent.start()
    await until(lambda: "failed" in host.agent_log.read_text())
    host.installed_products.write_text(json.dumps(json.loads(products)))
    async with asyncio.timeout(60):
        while not handover.statuses():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await agent.stop()


async def test_quiesce_waits_for_the_pass_under_way(make):
    agent = make()
    await asyncio.gather(agent.pass_once(), agent.quiesce())
