"""What testers may replace: flags and policy documents, asked over the wire afterwards."""

import pytest

from foundation.protocol import paths
from foundation.protocol.mcs_policy import MessageRelay, decode_mcs_policy
from liveconnect.refusals import NotFoundError, RefusedError


@pytest.fixture
async def two(lab):
    """An endpoint of each of two UTMs."""
    return [await lab.enrolled(await lab.utm(), name) for name in ("one", "two")]


async def served_flags(endpoint):
    return (await endpoint.call("GET", paths.flags(endpoint.endpoint_id))).json()


async def test_flags_of_everybody_of_a_utm_and_of_an_endpoint(lab, two):
    one, other = two
    tenant = lab.service._roster.by_id(one.endpoint_id).tenant
    replace = lab.service.verbs["flags_replace"]
    await replace(flags={"a": True, "b": True, "c": True})
    await replace(flags={"b": False}, tenant=tenant)
    await replace(flags={"c": False}, endpoint_id=one.endpoint_id)
    assert await served_flags(one) == {"a": True, "b": False, "c": False}
    assert await served_flags(other) == {"a": True, "b": True, "c": True}
    await lab.restart()
    one.url = lab.service.mcs_url
    assert await served_flags(one) == {"a": True, "b": False, "c": False}
    await lab.service.verbs["flags_replace"](flags={})
    assert await served_flags(one) == {"b": False, "c": False}


async def test_flags_that_are_none_or_nobodys_are_refused(lab, two):
    replace = lab.service.verbs["flags_replace"]
    with pytest.raises(RefusedError):
        await replace(flags={"a": "yes"})
    for scope in ({"tenant": "nobody"}, {"endpoint_id": "nobody"}):
        with pytest.raises(NotFoundError):
            await replace(flags={"a": True}, **scope)


async def test_a_policy_is_replaced_for_one_endpoint_and_read_back(lab, two, make_policy):
    one, other = two
    await one.take_policies()
    await other.take_policies()
    body = make_policy("SWC", "of a tester").body.decode().replace("tester", "real tester")
    done = await lab.service.verbs["policy_replace"](
        endpoint_id=one.endpoint_id, app_id="SWC", body=body
    )
    fetched = (await one.take_policies())["SWC"]
    assert b"real tester" in fetched
    assert done["policy_id"].encode() in fetched
    assert await other.take_policies() == {}
    assert (await other.call("GET", paths.policy("SWC", done["policy_id"]))).status == 404
    await one.put_status("SWC", done["policy_id"])
    told = await lab.service.verbs["policy"](endpoint_id=one.endpoint_id, app_id="SWC")
    assert (told["body"].encode(), told["compliant"]) == (fetched, True)


async def test_a_document_that_cannot_be_read_is_served_as_it_is(lab, two):
    await two[0].take_policies()
    await lab.service.verbs["policy_replace"](
        endpoint_id=two[0].endpoint_id, app_id="SWC", body="<policy"
    )
    assert (await two[0].take_policies())["SWC"] == b"<policy"


async def test_the_utm_has_the_last_word_about_a_policy(lab, make_policy, make_group):
    utm = await lab.utm()
    one = await lab.enrolled(utm)
    await utm.push(make_group("default", make_policy("SWC", "first")))
    await one.take_policies()
    await lab.service.verbs["policy_replace"](
        endpoint_id=one.endpoint_id, app_id="SWC", body="<policy"
    )
    await one.take_policies()
    await utm.push(make_group("default", make_policy("SWC", "first")))
    assert b"first" in (await one.take_policies())["SWC"]


async def test_relays_and_proxies_reach_the_endpoints_of_one_utm_only(lab, two):
    one, other = two
    for endpoint in two:
        await endpoint.take_policies()
    relay = {"address": "192.0.2.9", "port": 8190, "priority": 0, "id": "relay-1"}
    await lab.service.verbs["ways_replace"](
        ways={"message_relays": [relay], "proxies": ["http://p:81"], "use_direct": False},
        tenant=lab.service._roster.by_id(one.endpoint_id).tenant,
    )
    policy = decode_mcs_policy((await one.take_policies())["MCS"])
    assert policy.message_relays == (MessageRelay(**relay),)
    assert (policy.proxies, policy.use_direct) == (("http://p:81",), False)
    assert await other.take_policies() == {}


@pytest.mark.parametrize(
    "ways", [{"proxy": []}, {"message_relays": [{"port": 1}]}, {"use_direct": "no"}]
)
async def test_ways_that_are_none_are_refused(lab, two, ways):
    with pytest.raises(RefusedError):
        await lab.service.verbs["ways_replace"](ways=ways)
