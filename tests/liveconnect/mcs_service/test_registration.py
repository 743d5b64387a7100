"""Enrolling over the wire."""

import base64

import pytest

from foundation.protocol import paths


async def test_ins_04_the_answer_is_base64_of_id_and_password(lab):
    utm = await lab.utm()
    endpoint = await lab.endpoint()
    answer = await endpoint.try_register(utm.registration.registration_token)
    endpoint_id, _, password = base64.b64decode(answer.body, validate=True).decode().partition(":")
    assert answer.status == 200
    assert len(endpoint_id) == 36
    assert len(bytes.fromhex(password)) == 32


async def test_two_endpoints_with_the_same_name_are_two(lab):
    utm = await lab.utm()
    first, second = await lab.enrolled(utm, "laptop"), await lab.enrolled(utm, "laptop")
    assert first.endpoint_id != second.endpoint_id


async def test_an_endpoint_that_comes_again_keeps_id_and_password(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    before = endpoint.endpoint_id, endpoint.password
    await endpoint.register(utm.registration.registration_token)
    assert (endpoint.endpoint_id, endpoint.password) == before
    assert [report.kind for report in await utm.reports()] == ["enrolled"]


async def test_a_changed_computer_that_comes_again_is_reported(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm, "old name")
    await endpoint.register(utm.registration.registration_token, "new name")
    names = [report.body["computer_name"] for report in await utm.reports()]
    assert names == ["old name", "new name"]


async def test_an_old_id_with_a_wrong_password_becomes_a_new_endpoint(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    old = endpoint.endpoint_id
    endpoint.password = "guessed"
    assert await endpoint.register(utm.registration.registration_token) != old


async def test_a_lost_answer_makes_no_second_endpoint_when_the_attempt_is_named(lab):
    utm = await lab.utm()
    token = utm.registration.registration_token
    endpoint = await lab.endpoint()
    attempt = {"X_Registration_Attempt": "7f2c0c1e-attempt"}
    assert (await endpoint.try_register(token, **attempt)).status == 200
    await endpoint.register(token, **attempt)
    assert await endpoint.poll() != ()
    assert len(await lab.service.verbs["endpoints"]()) == 1
    assert len(await utm.reports()) == 1


async def refused(lab, token):
    endpoint = await lab.endpoint()
    answer = await endpoint.try_register(token)
    assert answer.status == 401
    assert "WWW-Authenticate" not in answer.headers
    assert answer.body.strip()
    return answer.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda token: "x" * 17, "token_unknown"),
        (lambda token: token.swapcase(), "token_wrong_case"),
        (lambda token: token[:-1], "token_malformed"),
        (lambda token: "", "token_malformed"),
    ],
)
async def test_ins_04_a_bad_token_is_refused_with_its_own_reason(lab, change, reason):
    utm = await lab.utm()
    assert await refused(lab, change(utm.registration.registration_token)) == reason
    assert await utm.reports() == ()
    assert (await lab.service.verbs["status"]())["refusals"] == {reason: 1}
    lines = (lab.config.data / "liveconnect.log").read_text().splitlines()
    assert sum(f"refused reason={reason}" in line for line in lines) == 1


async def test_a_revoked_token_is_refused_and_the_new_one_opens(lab):
    utm = await lab.utm()
    old = utm.registration.registration_token
    answer = await utm.request("POST", "/link/v1/token/reset", b"{}")
    assert await refused(lab, old) == "token_revoked"
    await (await lab.endpoint()).register(answer.json()["registration_token"])


async def test_the_token_of_a_removed_utm_has_its_own_message(lab):
    utm = await lab.utm()
    await lab.service.verbs["remove_utm"](tenant=utm.registration.utm_id)
    assert await refused(lab, utm.registration.registration_token) == "utm_removed"


async def test_utm_01_off_nobody_enrols_and_agents_keep_their_policy(lab, make_policy, make_group):
    utm = await lab.utm()
    web = make_policy("SWC", "one")
    await utm.push(make_group("default", web))
    endpoint = await lab.enrolled(utm)
    await endpoint.take_policies()
    await utm.push(make_group("default", make_policy("SWC", "two")), enabled=False)
    assert await refused(lab, utm.registration.registration_token) == "endpoint_protection_off"
    assert await endpoint.poll() == ()
    answer = await endpoint.call("GET", paths.policy("SWC", web.revision))
    assert answer.body == web.body
    await utm.push(make_group("default", make_policy("SWC", "two")))
    assert len(await endpoint.poll()) == 1


async def test_a_removed_endpoint_is_refused_until_it_is_restored(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    token = utm.registration.registration_token
    await utm.request("DELETE", f"/link/v1/endpoints/{endpoint.endpoint_id}")
    poll = await endpoint.call("GET", paths.commands(["MCS"], endpoint.endpoint_id))
    assert (poll.status, poll.reason) == (401, "endpoint_removed")
    assert "WWW-Authenticate" not in poll.headers
    assert (await endpoint.try_register(token)).reason == "endpoint_removed"
    fresh = await lab.enrolled(utm)
    assert fresh.endpoint_id != endpoint.endpoint_id
    await utm.request("POST", f"/link/v1/endpoints/{endpoint.endpoint_id}/restore", b"{}")
    assert len(await endpoint.poll()) == 1
    kinds = [report.kind for report in await utm.reports()]
    assert kinds == ["enrolled", "removed", "enrolled", "restored"]


async def test_enrolments_survive_a_restart(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    waiting = await endpoint.poll()
    await lab.restart()
    assert lab.service.mcs_url == endpoint.url
    assert await endpoint.poll() == waiting
