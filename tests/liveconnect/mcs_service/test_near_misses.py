"""Requests that no client would send: the status, the reason, the hint; and where it is told."""

import pytest

from foundation.protocol import paths
from liveconnect.mcs_service.near_misses import KnownCall, near_miss, policy_hint

BASE = "/sophos/management/ep"
CALLS = (
    KnownCall("POST", "/register"),
    KnownCall("GET", "/commands/applications/{apps}/endpoint/{endpoint}"),
    KnownCall("DELETE", "/commands/endpoint/{endpoint}/{commands}"),
    KnownCall("GET", "/policy/application/{app}/{policy}"),
    KnownCall("PUT", "/statuses/endpoint/{endpoint}"),
)


@pytest.mark.parametrize(
    ("method", "path", "hint"),
    [
        ("GET", f"{BASE}/register", "this path takes POST, not GET"),
        ("POST", f"{BASE}/statuses/endpoint/1", "this path takes PUT, not POST"),
        ("POST", f"{BASE}{BASE}/register", "stands there twice"),
        ("POST", "/register", f"the base path {BASE} is missing"),
        ("POST", "/mcs/register", f"the base path is {BASE}, not /mcs"),
        ("POST", f"{BASE}//register", f"a slash too many: {BASE}/register"),
        ("POST", f"{BASE}/register/", "no call ends with a slash"),
        ("PUT", f"{BASE}/statuses/endpoint1", "a slash is missing: PUT"),
        ("GET", f"{BASE}/commands/applications/ALC;MCSendpoint/1", "a slash is missing: GET"),
        ("PUT", f"{BASE}/status/endpoint/1", f"closest call is PUT {BASE}/statuses/endpoint/"),
        ("GET", f"{BASE}/policies/application/ALC/1", "closest call is GET"),
        ("GET", "/admin", f"every call of this server is below {BASE}"),
    ],
)
def test_what_was_probably_meant(method, path, hint):
    assert hint in near_miss(method, path, BASE, CALLS).hint


@pytest.mark.parametrize("path", [f"{BASE}/wp-login.php", f"{BASE}/a/b/c/d/e/f/g"])
def test_nothing_is_made_up_for_what_is_close_to_nothing(path):
    assert near_miss("GET", path, BASE, CALLS).hint == ""


def test_a_policy_of_another_app_in_capitals_or_of_no_app():
    assigned = {"ALC": "aa11", "SAV": "bb22"}
    assert policy_hint("SAV", "aa11", assigned) == ": it is the policy of ALC"
    assert policy_hint("ALC", "AA11", assigned) == ": ids are written in small letters"
    assert policy_hint("SAW", "cc", assigned) == ": the app is called SAV"
    assert policy_hint("ALC", "cc", assigned) == ""


async def test_the_answer_the_journal_and_the_operations_log_tell_the_hint(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    wrong = await endpoint.request("GET", paths.register())
    assert (wrong.status, wrong.reason) == (405, "method_wrong")
    assert wrong.headers["Allow"] == "POST"
    unknown = await endpoint.request("PUT", "/statuses/endpoint/")
    assert (unknown.status, unknown.reason) == (404, "path_unknown")
    await endpoint.take_policies()
    entry = lab.service._roster.by_id(endpoint.endpoint_id)
    foreign = await endpoint.call("GET", paths.policy("ALC", entry.policies["MCS"]))
    assert (foreign.status, foreign.reason) == (404, "policy_unknown")
    told = [one.response_body for one in lab.service.journal.entries()]
    log = lab.config.operations_log_file.read_text()
    for hint in ("this path takes POST, not GET", "it is the policy of MCS"):
        assert any(hint in body for body in told)
        assert hint in log


async def test_the_bare_base_is_still_served(lab):
    assert (await (await lab.endpoint()).request("GET", "")).status == 200
