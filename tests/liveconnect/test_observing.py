"""What a LiveConnect tells about itself."""

import pytest

from liveconnect.mcs_service.documents import LONGEST_NAME


def values(seen, name):
    (metric,) = [one for one in seen.metrics if one.name == name]
    return {tuple(sample.labels.values()): sample.value for sample in metric.samples}


async def test_answers_and_refusals_are_counted_by_call(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    await endpoint.poll()
    endpoint.password = "wrong"
    assert (await endpoint.call("GET", f"/flags/endpoint/{endpoint.endpoint_id}")).status == 401
    seen = await lab.service.observe()
    answers = values(seen, "liveconnect_answers")
    assert answers["register", "200"] == 1
    assert answers["poll", "200"] >= 1
    assert answers["flags", "401"] == 1
    assert answers["link register", "200"] == 1
    assert values(seen, "liveconnect_refusals") == {("password_wrong",): 1}


async def test_endpoints_are_online_silent_or_removed(lab, clock):
    utm = await lab.utm()
    seen = await lab.enrolled(utm)
    await lab.enrolled(utm)
    gone = await lab.enrolled(utm)
    await gone.poll()
    await lab.service.verbs["remove_endpoint"](gone.endpoint_id)
    clock.advance(3600)
    await seen.poll()
    states = values(await lab.service.observe(), "liveconnect_endpoints")
    assert states == {("online",): 1, ("silent",): 1, ("removed",): 1}


async def test_it_is_ready_while_it_listens_and_its_store_answers(lab):
    assert (await lab.service.observe()).is_ready
    await lab.service.stop()
    checks = (await lab.service.observe()).checks
    assert "does not answer" in checks["store"]
    assert checks["listeners"] == "a listener is closed"


@pytest.mark.parametrize("attempts", [LONGEST_NAME])
async def test_what_clients_send_makes_no_new_series(lab, attempts):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    before = len(values(await lab.service.observe(), "liveconnect_answers"))
    for number in range(attempts):
        await endpoint.call("GET", f"/policy/application/SWC/{number}")
        await endpoint.call("GET", f"/unknown/{number}")
    after = len(values(await lab.service.observe(), "liveconnect_answers"))
    assert after <= before + 2  # one of policies, one of whatever is no call at all
