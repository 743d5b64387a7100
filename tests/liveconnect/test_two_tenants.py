"""Two UTMs on one LiveConnect: by no call does either see or touch what is the other's."""

import pytest

from foundation.protocol import link, paths
from foundation.protocol.authorization import encode_bearer
from foundation.protocol.data_feeds import compress
from foundation.protocol.statuses import encode_statuses

SECRET = "of the first"


@pytest.fixture
async def world(lab, make_policy, make_group):
    """Two UTMs, each with an endpoint that has its policies; the first one's say a secret."""
    utms, endpoints = [await lab.utm(), await lab.utm()], []
    for utm, says in zip(utms, (SECRET, "of the second"), strict=True):
        endpoint = await lab.enrolled(utm)
        await utm.push(make_group("default", make_policy("SWC", says)))
        await endpoint.take_policies()
        access = (await endpoint.call("POST", paths.authenticate(endpoint.endpoint_id))).json()
        endpoint.bearer = encode_bearer(access["access_token"])
        endpoint.device = access["device_id"]
        endpoints.append(endpoint)
    return lab, utms, endpoints


def mcs_calls(one, policies):
    """Every call that names an endpoint, a device or a policy: those of the first endpoint."""
    body, length = compress("[]")
    feed = {"Content-Encoding": "deflate", "X-Uncompressed-Content-Length": str(length)}
    return {
        "poll": ("GET", paths.commands(["SWC"], one.endpoint_id), b"", {}),
        "ack": ("DELETE", paths.command_ack(one.endpoint_id, ["1"]), b"", {}),
        "policy": ("GET", paths.policy("SWC", policies["SWC"]), b"", {}),
        "fragment": ("GET", paths.policy_fragment("SWC", policies["SWC"]), b"", {}),
        "statuses": ("PUT", paths.statuses(one.endpoint_id), encode_statuses(()), {}),
        "events": ("POST", paths.events(one.endpoint_id), b"<events/>", {}),
        "authenticate": ("POST", paths.authenticate(one.endpoint_id), b"", {}),
        "flags": ("GET", paths.flags(one.endpoint_id), b"", {}),
        "response": ("POST", paths.response(one.device, "SAV", "1"), b"{}", {}),
        "data feed": ("POST", paths.data_feed(one.device, "rows"), body, feed),
        "categories": ("POST", f"/categories/endpoint/{one.endpoint_id}", b"[]", {}),
        "push": ("GET", paths.push(one.device), b"", {}),
    }


V2 = {"response", "data feed", "push"}


async def test_every_mcs_call_with_anothers_names_is_refused(world):
    lab, utms, (one, other) = world
    policies = lab.service._roster.by_id(one.endpoint_id).policies
    before = (len(await utms[0].reports()), await lab.service.verbs["endpoints"]())
    for name, (method, path, body, headers) in mcs_calls(one, policies).items():
        shown = other.bearer if name in V2 else other.basic
        answer = await other.request(method, path, body, Authorization=shown, **headers)
        # The push channel answers 400 to another's device, as documented.
        assert answer.status in ({400} if name == "push" else {403, 404}), name
        assert SECRET.encode() not in answer.body, name
    assert before == (len(await utms[0].reports()), await lab.service.verbs["endpoints"]())


async def test_the_sweep_knows_every_mcs_call(world):
    lab, _, (one, _other) = world
    policies = lab.service._roster.by_id(one.endpoint_id).policies
    swept = [shape(path) for _, path, _, _ in mcs_calls(one, policies).values()]
    base = "/sophos/management/ep"
    for resource in lab.service._servers[0]._runner.app.router.resources():
        path = resource.canonical
        if path.startswith(f"{base}/") and "{" in path:
            assert shape(path.removeprefix(base)) in swept, path


def shape(path):
    return [part for part in path.split("/") if part in FIXED]


FIXED = {
    "commands",
    "applications",
    "endpoint",
    "policy",
    "fragment",
    "application",
    "statuses",
    "events",
    "authenticate",
    "role",
    "flags",
    "v2",
    "responses",
    "device",
    "app_id",
    "categories",
    "correlation_id",
    "data_feed",
    "feed_id",
    "push",
}


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("DELETE", ""),
        ("POST", "/restore"),
        ("GET", "/responses"),
        ("GET", "/feeds"),
    ],
)
async def test_a_utm_reaches_no_endpoint_of_another(world, method, rest):
    _, (_, other), (one, _) = world
    answer = await other.request(method, f"{link.ENDPOINTS_PATH}/{one.endpoint_id}{rest}")
    assert (answer.status, answer.reason) == (404, "endpoint_unknown")


async def test_what_a_utm_lists_takes_and_resets_is_its_own(world):
    lab, (utm, other), (one, two) = world
    listed = (await other.request("GET", link.ENDPOINTS_PATH)).json()["endpoints"]
    assert [each["endpoint_id"] for each in listed] == [two.endpoint_id]
    assert {each.endpoint_id for each in await other.reports()} == {two.endpoint_id}
    kept = len(await utm.reports())
    await other.acknowledge(await utm.reports())
    assert len(await utm.reports()) == kept
    await other.request("POST", link.TOKEN_RESET_PATH)
    assert (
        await (await lab.endpoint()).try_register(utm.registration.registration_token)
    ).status == 200
    await other.request("DELETE", "/link/v1/utm")
    assert await one.poll() == ()
    assert (await utm.request("GET", link.LATEST_CHANGESET_PATH)).json()["number"] == 1


async def test_a_membership_that_names_anothers_endpoint_moves_nobody(
    world, make_policy, make_group
):
    _, (_, other), (one, _) = world
    await other.push(
        make_group("default", make_policy("SWC", "third")), membership={one.endpoint_id: "default"}
    )
    assert await one.poll() == ()
