"""What endpoints tell: taken once, reported once."""

import asyncio

from foundation.protocol import paths
from foundation.protocol.events import Event, encode_events
from foundation.protocol.statuses import Status, encode_statuses
from liveconnect.mcs_service.turns import AT_A_TIME


async def kinds(utm):
    return [report.kind for report in await utm.reports()]


async def test_mcs_07_a_status_sent_twice_is_one_report(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    for _ in range(2):
        assert (await endpoint.put_status("SWC", "a" * 64)).status == 200
    assert await kinds(utm) == ["enrolled", "status"]


async def test_a_later_status_is_another_report(lab, clock):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    await endpoint.put_status("SWC", "a" * 64)
    clock.advance(1)
    await endpoint.put_status("SWC", "b" * 64)
    assert await kinds(utm) == ["enrolled", "status", "status"]


async def test_mcs_09_an_event_sent_twice_is_one_report_also_after_a_restart(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    await endpoint.post_event("2026112023200000ff")
    await lab.restart()
    await endpoint.post_event("2026112023200000ff")
    assert await kinds(utm) == ["enrolled", "event"]


async def test_an_id_that_comes_again_with_other_content_is_another_event(lab):
    # The id has only a second and a counter in it; after a restart it can repeat.
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    await endpoint.post_event("1", "<event n='1'/>")
    await endpoint.post_event("1", "<event n='2'/>")
    assert await kinds(utm) == ["enrolled", "event", "event"]


async def test_the_same_event_of_two_endpoints_is_two(lab):
    utm = await lab.utm()
    for _ in range(2):
        await (await lab.enrolled(utm)).post_event("1")
    assert (await kinds(utm)).count("event") == 2


async def test_a_batch_with_one_known_event_adds_the_others(lab, clock):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    events = [Event("SWC", clock(), 1e4, f"<e n='{n}'/>", n, str(n)) for n in range(3)]
    path = paths.events(endpoint.endpoint_id)
    for batch in (events[:1], events):
        assert (await endpoint.call("POST", path, encode_events(batch))).status == 200
    assert [report.body.get("id") for report in await utm.reports()] == [None, "0", "1", "2"]


async def test_a_double_escaped_body_and_unpadded_microseconds_are_understood(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    inner = (
        '&amp;lt;status xmlns="com.sophos\\mansys\\status" type="sau"&amp;gt;'
        '&amp;lt;CompRes xmlns="com.sophos\\msys\\csc" Res="Same" RevID="r1" '
        'policyType="1"/&amp;gt;&amp;lt;/status&amp;gt;'
    )
    document = (
        '<?xml version="1.0" encoding="utf-8"?><ns:statuses '
        'xmlns:ns="http://www.sophos.com/xml/mcs/statuses" schemaVersion="1.0"><status>'
        "<appId>ALC</appId><creationTime>2026-11-20T23:20:10.56068Z</creationTime>"
        "<ttl>PT10000S</ttl><body>&lt;StatusAndConfig&gt;&lt;status&gt;"
        f"{inner}&lt;/status&gt;&lt;configuration&gt;&lt;/configuration&gt;"
        "&lt;/StatusAndConfig&gt;</body></status></ns:statuses>"
    )
    path = paths.statuses(endpoint.endpoint_id)
    assert (await endpoint.call("PUT", path, document.encode())).status == 200
    body = (await utm.reports())[1].body
    assert (body["res"], body["revision"]) == ("Same", "r1")
    assert body["created_at"] == "2026-11-20T23:20:10.056068+00:00"


async def test_an_app_without_a_policy_has_a_status_too(lab, clock, make_computer):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    document = encode_statuses(
        [
            Status("SHS", clock(), 1e4, '<health version="3.0.0"/>'),
            Status("AGENT", clock(), 1e4, make_computer("renamed", clock()).decode()),
        ]
    )
    path = paths.statuses(endpoint.endpoint_id)
    assert (await endpoint.call("PUT", path, document)).status == 200
    _, health, agent = await utm.reports()
    assert (health.body["app_id"], health.body["res"]) == ("SHS", "")
    assert agent.body["details"]["computer_name"] == "renamed"


async def test_an_endpoint_is_compliant_when_its_status_names_the_assigned_policy(
    lab, make_policy, make_group
):
    utm = await lab.utm()
    web = make_policy("SWC", "one")
    await utm.push(make_group("default", web))
    endpoint = await lab.enrolled(utm)

    async def compliant():
        (described,) = await lab.service.verbs["endpoints"]()
        return {app["app_id"]: app["compliant"] for app in described["apps"]}["SWC"]

    assert not await compliant()
    await endpoint.put_status("SWC", web.revision, "Diff")
    assert not await compliant()
    await endpoint.put_status("SWC", web.revision)
    assert await compliant()


async def test_who_fetches_is_served_while_more_statuses_wait_than_are_read_at_a_time(
    lab, monkeypatch
):
    utm = await lab.utm()
    reporting, fetching = await lab.enrolled(utm), await lab.enrolled(utm)
    full, may_go_on = asyncio.Event(), asyncio.Event()
    record, under_way = lab.service._store.record_statuses, []

    async def held(*given):
        under_way.append(given)
        if len(under_way) == AT_A_TIME:
            full.set()
        await may_go_on.wait()
        return await record(*given)

    monkeypatch.setattr(lab.service._store, "record_statuses", held)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        sent = [
            tasks.create_task(reporting.put_status("SWC", str(number)))
            for number in range(AT_A_TIME + 3)
        ]
        await full.wait()
        assert set(await fetching.take_policies()) == {"MCS"}
        assert len(under_way) == AT_A_TIME
        may_go_on.set()

    assert [each.result().status for each in sent] == [200] * len(sent)
    assert len(under_way) == len(sent)
