"""The check before an installation, and endpoints that come from another LiveConnect or go."""

import base64
import hashlib
import json

import pytest

from foundation.protocol import paths
from foundation.protocol.authorization import encode_bearer
from foundation.protocol.migration import MigrationOutcome, decode_new_identity


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


async def test_the_check_names_token_and_products_and_registers_nobody(lab, make_computer):
    utm = await lab.utm()
    token = utm.registration.registration_token
    stranger = await lab.endpoint()
    body = make_computer("new", lab.clock(), products_to_install=("antivirus", "mdr"))
    answer = await stranger.request(
        "POST", paths.deployment_info(), body, Authorization=basic(token)
    )
    assert answer.status == 200
    told = answer.json()
    assert told["registrationToken"] == token
    assert told["dciFileName"] == hashlib.sha256(token.encode()).hexdigest()[:32]
    assert [(one["product"], one["supported"]) for one in told["products"]] == [
        ("antivirus", True),
        ("mdr", False),
    ]
    assert await utm.reports() == ()
    assert token not in json.dumps([one.response_body for one in lab.service.journal.entries()])


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        (basic("X" * 17), "token_unknown"),
        (basic("short"), "token_malformed"),
        ("Bearer x", "authorization_malformed"),
        ("Basic %%", "authorization_malformed"),
    ],
)
async def test_the_check_refuses_a_wrong_customer_token(lab, make_computer, authorization, reason):
    stranger = await lab.endpoint()
    body = make_computer("new", lab.clock())
    answer = await stranger.request(
        "POST", paths.deployment_info(), body, Authorization=authorization
    )
    assert (answer.status, answer.reason) == (401, reason)
    assert "WWW-Authenticate" not in answer.headers


async def migrated(lab, stranger, make_computer, token, device="old device"):
    return await stranger.request(
        "POST",
        paths.migrate(),
        make_computer("mover", lab.clock()),
        Authorization=encode_bearer(token),
        X_Device_ID=device,
        X_Tenant_ID="old tenant",
    )


async def test_who_comes_is_an_endpoint_of_the_tokens_utm_even_when_it_comes_twice(
    lab, make_computer
):
    utm, other = await lab.utm(), await lab.utm()
    tenant = utm.registration.utm_id
    token = (await lab.service.verbs["migration_token"](tenant=tenant))["token"]
    stranger = await lab.endpoint()
    first, again = [
        decode_new_identity((await migrated(lab, stranger, make_computer, token)).body)
        for _ in range(2)
    ]
    assert first.endpoint_id == again.endpoint_id
    assert first.password != again.password
    assert again.tenant_id == tenant
    stranger.endpoint_id, stranger.password = again.endpoint_id, again.password
    assert "MCS" in await stranger.take_policies()
    assert [one.endpoint_id for one in await utm.reports()] == [again.endpoint_id]
    assert await other.reports() == ()


async def test_only_a_fresh_migration_token_of_this_liveconnect_opens(lab, make_computer, clock):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    access = (await endpoint.call("POST", paths.authenticate(endpoint.endpoint_id))).json()
    token = (await lab.service.verbs["migration_token"]())["token"]
    refused = await migrated(lab, endpoint, make_computer, access["access_token"])
    assert (refused.status, refused.reason) == (401, "jwt_invalid")
    response = await endpoint.request(
        "POST",
        paths.response(access["device_id"], "SAV", "1"),
        b"{}",
        Authorization=encode_bearer(token),
    )
    assert (response.status, response.reason) == (401, "jwt_invalid")
    clock.advance(86_401)
    late = await migrated(lab, endpoint, make_computer, token)
    assert (late.status, late.reason) == (401, "jwt_stale")


@pytest.mark.parametrize("has_moved", [True, False])
async def test_who_says_that_it_has_moved_is_removed_here(lab, has_moved):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    outcome = MigrationOutcome(token="secret-jwt", has_moved=has_moved, error="no answer")
    answer = await endpoint.call(
        "POST", paths.events(endpoint.endpoint_id), outcome.encode(lab.clock())
    )
    assert answer.status == 200
    poll = await endpoint.call("GET", paths.commands(["ALC"], endpoint.endpoint_id))
    assert poll.status == (401 if has_moved else 200)
    kinds = [one.kind for one in await utm.reports()]
    assert kinds == (["enrolled", "removed"] if has_moved else ["enrolled"])
    assert "secret-jwt" not in str(lab.service.journal.entries())


async def test_the_action_and_its_token_are_queued_and_not_told(lab):
    endpoint = await lab.enrolled(await lab.utm())
    await endpoint.take_policies()
    await lab.service.verbs["migrate"](
        endpoint_id=endpoint.endpoint_id, server="https://other.example/mcs", token="secret-jwt"
    )
    (command,) = await endpoint.poll()
    assert command.app_id == "APPSPROXY"
    assert "<token>secret-jwt</token>" in command.body
    assert "secret-jwt" not in str(lab.service.journal.entries())
