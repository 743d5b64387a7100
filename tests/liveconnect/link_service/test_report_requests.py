"""Held report requests, acknowledgements, and the endpoints of a UTM."""

import asyncio

import pytest

from foundation.protocol import link


async def is_held(lab):
    bells = lab.service._bells
    async with asyncio.timeout(60):
        while not any(event._waiters for event in bells._events.values()):  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_log_06_a_held_request_is_answered_when_something_happens(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    await utm.acknowledge(await utm.reports())
    held = asyncio.create_task(utm.reports(hold=60))
    await is_held(lab)
    await endpoint.post_event("1")
    async with asyncio.timeout(60):
        (report,) = await held
    assert report.kind == "event"


async def test_a_held_request_without_reports_ends_empty(lab):
    utm = await lab.utm()
    assert await utm.reports(hold=0.05) == ()
    assert await utm.reports(hold="nan") == ()


async def test_stopping_wakes_the_held_request(lab):
    utm = await lab.utm()
    held = asyncio.create_task(utm.reports(hold=60))
    await is_held(lab)
    async with asyncio.timeout(60):
        await lab.service.stop()
        assert await held == ()
    await lab.start()


async def test_reports_come_again_until_acknowledged_and_never_after(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    await endpoint.post_event("1")
    first = await utm.reports()
    assert await utm.reports() == first
    await utm.acknowledge(first[:1])
    assert await utm.reports() == first[1:]
    await lab.restart()
    assert await utm.reports() == first[1:]
    await utm.acknowledge(first)
    await endpoint.post_event("2")
    (third,) = await utm.reports()
    assert third.number == 3


async def test_a_utm_acknowledges_only_its_own(lab):
    one, two = await lab.utm(), await lab.utm(organization="Other")
    await lab.enrolled(one)
    reports = await one.reports()
    answer = await two.acknowledge(reports)
    assert answer.json() == {"acknowledged": 0}
    assert await one.reports() == reports
    assert await two.reports() == ()


@pytest.mark.parametrize("body", [b"[]", b'{"reports": 1}', b'{"reports": ["1"]}', b"x"])
async def test_a_malformed_acknowledgement_is_refused(lab, body):
    utm = await lab.utm()
    await lab.enrolled(utm)
    answer = await utm.request("POST", link.ACKNOWLEDGE_PATH, body)
    assert (answer.status, answer.json()["reason"]) == (400, "field_missing")
    assert len(await utm.reports()) == 1


async def test_a_utm_sees_and_removes_only_its_own_endpoints(lab):
    one, two = await lab.utm(), await lab.utm(organization="Other")
    endpoint = await lab.enrolled(one, "mine")
    (listed,) = (await one.request("GET", link.ENDPOINTS_PATH)).json()["endpoints"]
    assert (listed["endpoint_id"], listed["computer_name"]) == (endpoint.endpoint_id, "mine")
    assert (await two.request("GET", link.ENDPOINTS_PATH)).json() == {"endpoints": []}
    path = f"{link.ENDPOINTS_PATH}/{endpoint.endpoint_id}"
    for method, target in (("DELETE", path), ("POST", f"{path}/restore")):
        answer = await two.request(method, target, b"{}")
        assert (answer.status, answer.json()["reason"]) == (404, "endpoint_unknown")
    assert await endpoint.poll() != ()
