"""Who may call, and how each refusal looks to a client."""

import base64
import zlib

import pytest

from foundation.protocol import link, paths
from foundation.protocol.alc_policy import AlcPolicy
from foundation.protocol.names import POLICY_TYPES, REGISTER_REALM
from foundation.protocol.policies import seal
from foundation.protocol.tamper_policy import TamperPolicy
from foundation.redact import REDACTED
from liveconnect.mcs_service.journal import inflated, shown_headers


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


async def refusal(endpoint, header, endpoint_id=None):
    path = paths.commands(["MCS"], endpoint_id or endpoint.endpoint_id)
    headers = {} if header is None else {"Authorization": header}
    answer = await endpoint.request("GET", path, **headers)
    return answer.status, answer.headers.get("WWW-Authenticate"), answer.reason


async def test_a_wrong_password_is_told_to_register_again(lab):
    endpoint = await lab.enrolled(await lab.utm())
    wrong = basic(f"{endpoint.endpoint_id}:wrong")
    assert await refusal(endpoint, wrong) == (401, 'Basic realm="register"', "password_wrong")


async def test_an_unknown_id_is_told_to_register_again(lab):
    endpoint = await lab.enrolled(await lab.utm())
    expected = (401, REGISTER_REALM, "endpoint_unknown")
    assert await refusal(endpoint, basic("nobody:pw"), "nobody") == expected


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "authorization_missing"),
        ("Basic %%%", "authorization_malformed"),
        (basic("no colon"), "authorization_malformed"),
        ("Digest abc", "authorization_malformed"),
        ("Bearer a.b.c", "jwt_invalid"),
    ],
)
async def test_what_is_no_credential_is_not_told_to_register(lab, header, reason):
    endpoint = await lab.enrolled(await lab.utm())
    assert await refusal(endpoint, header) == (401, None, reason)


async def test_an_endpoint_speaks_for_itself_only(lab):
    utm = await lab.utm()
    one, two = await lab.enrolled(utm), await lab.enrolled(utm)
    assert (await refusal(one, one.basic, two.endpoint_id))[0] == 403


async def test_the_old_password_does_not_open_after_it_changed(lab):
    utm = await lab.utm()
    token = utm.registration.registration_token
    endpoint = await lab.endpoint()
    attempt = {"X_Registration_Attempt": "one"}
    await endpoint.register(token, **attempt)
    await endpoint.poll()
    old = endpoint.basic
    endpoint.endpoint_id = endpoint.password = ""
    await endpoint.register(token, **attempt)
    assert await refusal(endpoint, old) == (401, REGISTER_REALM, "password_wrong")
    await endpoint.poll()


async def authenticated(endpoint):
    answer = await endpoint.call("POST", paths.authenticate(endpoint.endpoint_id))
    assert answer.status == 200
    return answer.json()


async def post_response(endpoint, token, device, **headers):
    path = paths.response(device, "LiveQuery", "77")
    return await endpoint.request(
        "POST", path, b'{"rows":0}', Authorization=f"Bearer {token}", **headers
    )


async def test_the_access_token_names_the_device_of_the_mcs_policy(lab):
    from foundation.protocol.mcs_policy import decode_mcs_policy

    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    answer = await authenticated(endpoint)
    mcs = decode_mcs_policy((await endpoint.take_policies())["MCS"])
    assert answer["device_id"] == mcs.device_id
    assert answer["tenant_id"] == mcs.tenant_id == utm.registration.utm_id
    assert answer["expires_in"] > 600
    assert answer["token_type"] == "Bearer"


async def test_a_call_of_version_2_wants_a_fresh_token_of_its_own_device(lab, clock):
    utm = await lab.utm()
    endpoint, other = await lab.enrolled(utm), await lab.enrolled(utm)
    answer = await authenticated(endpoint)
    token, device = answer["access_token"], answer["device_id"]
    assert (await post_response(endpoint, token, device, X_Device_ID=device)).status == 200
    foreign = (await authenticated(other))["device_id"]
    assert (await post_response(endpoint, token, foreign)).status == 403
    assert (await post_response(endpoint, token, device, X_Tenant_ID="other")).status == 403
    clock.advance(86_400)
    stale = await post_response(endpoint, token, device)
    assert (stale.status, stale.reason) == (401, "jwt_stale")
    assert "WWW-Authenticate" not in stale.headers


async def test_a_stale_token_on_any_call_is_refused_without_the_realm(lab, clock):
    endpoint = await lab.enrolled(await lab.utm())
    token = (await authenticated(endpoint))["access_token"]
    fresh = await refusal(endpoint, f"Bearer {token}")
    assert fresh == (401, None, "authorization_malformed")
    clock.advance(90_000)
    assert await refusal(endpoint, f"Bearer {token}") == (401, None, "jwt_stale")


async def test_the_token_of_a_removed_endpoint_is_refused(lab):
    endpoint = await lab.enrolled(await lab.utm())
    answer = await authenticated(endpoint)
    await lab.service.verbs["remove_endpoint"](endpoint_id=endpoint.endpoint_id)
    refused = await post_response(endpoint, answer["access_token"], answer["device_id"])
    assert (refused.status, refused.reason) == (401, "endpoint_removed")


async def test_nothing_secret_is_in_the_journal_or_the_log(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    token = (await authenticated(endpoint))["access_token"]
    await endpoint.take_policies()
    kept = str(await lab.service.verbs["journal"]())
    await lab.restart()
    (segment,) = lab.config.journal_folder.iterdir()
    assert "/authenticate/" in segment.read_text()
    kept += segment.read_text()
    kept += (lab.config.data / "liveconnect.log").read_text()
    for secret in (
        endpoint.password,
        endpoint.basic.split()[1],
        token,
        utm.registration.registration_token,
    ):
        assert secret not in kept


async def test_no_password_of_a_utm_is_in_the_journal(lab, make_group):
    utm = await lab.utm()
    wanted = link.RegisterRequest("no csr", "Acme", "the-enrolment-secret")
    await (await lab.stranger()).request("POST", link.REGISTER_PATH, link.encode_document(wanted))
    proxied = AlcPolicy(
        server_url="https://localhost/software", proxy_address="p", proxy_password="hunter2"
    )
    documents = []
    for app_id, body in (
        ("ALC", proxied.encode()),
        ("TPROT", TamperPolicy(enabled=True, password_hash="ab" * 32).encode()),
    ):
        revision, sealed = seal(body)
        documents.append(link.PolicyDocument(app_id, POLICY_TYPES[app_id], revision, sealed))
    pushed = await utm.push(make_group("g", *documents), tamper_password_hash="cd" * 32)
    fetched = await (await lab.enrolled(utm)).take_policies()
    kept = str(await lab.service.verbs["journal"]())

    assert pushed.status == 200
    assert b"hunter2" in fetched["ALC"]
    for secret in ("the-enrolment-secret", "hunter2", "ab" * 32, "cd" * 32):
        assert secret not in kept
        assert base64.b64encode(secret.encode()).decode()[4:20] not in kept
    assert base64.b64encode(documents[0].body).decode()[:64] not in kept


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("Ab3Ab3Ab3", REDACTED), ("regToken", "regToken"), ("", "")],
)
def test_a_token_in_the_user_agent_is_not_kept(sent, shown):
    agent = "Sophos MCS Client/1.2.3.4 Linux sessions "
    assert shown_headers({"User-Agent": agent + sent}) == {"User-Agent": agent + shown}


def test_a_compressed_feed_is_kept_as_text_and_a_broken_one_as_it_is():
    assert inflated(zlib.compress(b'[{"a": 1}]')) == b'[{"a": 1}]'
    assert inflated(b"no stream") == b"no stream"
