"""Clones, re-imaged computers and removed ones, as LiveConnect sees them."""

from foundation.protocol import paths


async def told(lab, endpoint_id):
    found = await lab.service.verbs["endpoints"]()
    return next(one for one in found if one["endpoint_id"] == endpoint_id)


async def session(lab, of=None):
    """A client with cookies of its own, and the identity of another."""
    endpoint = await lab.endpoint()
    endpoint.endpoint_id, endpoint.password = of.endpoint_id, of.password
    return endpoint


async def sent(endpoint):
    answer = await endpoint.put_status("SWC", "r")
    assert answer.status == 200
    return answer


async def test_two_sessions_that_alternate_are_a_clone(lab):
    original = await lab.enrolled(await lab.utm())
    assert (await sent(original)).headers["Set-Cookie"].startswith("SID=")
    copy = await session(lab, original)
    await sent(copy)
    assert (await told(lab, original.endpoint_id))["cloned_at"] is None
    await sent(original)
    assert (await told(lab, original.endpoint_id))["cloned_at"] == lab.clock().isoformat()
    await sent(copy)
    await sent(original)
    assert lab.config.operations_log_file.read_text().count("clone_detected") == 1


async def test_sessions_that_follow_one_another_are_no_clone(lab):
    original = await lab.enrolled(await lab.utm())
    for _ in range(3):
        again = await session(lab, original)
        await sent(again)
        await again.post_event("1")
        await again.call("POST", paths.authenticate(again.endpoint_id))
    assert (await told(lab, original.endpoint_id))["cloned_at"] is None


async def test_a_computer_installed_anew_supersedes_the_silent_one(lab, clock):
    utm = await lab.utm()
    old = await lab.enrolled(utm, "PC-01")
    await old.poll()
    clock.advance(60)
    new = await lab.enrolled(utm, "PC-01")
    other = await lab.enrolled(await lab.utm(), "PC-01")
    assert (await told(lab, old.endpoint_id))["superseded_by"] == new.endpoint_id
    for endpoint in (new, other):
        assert (await told(lab, endpoint.endpoint_id))["superseded_by"] is None
    clock.advance(60)
    await old.poll()
    assert (await told(lab, old.endpoint_id))["superseded_by"] is None


async def test_a_removed_endpoint_is_refused_everywhere_until_it_is_restored(lab):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    await endpoint.take_policies()
    own = f"/link/v1/endpoints/{endpoint.endpoint_id}"
    assert (await utm.request("DELETE", own)).status == 200
    for method, path in (
        ("GET", paths.commands(["ALC"], endpoint.endpoint_id)),
        ("GET", paths.flags(endpoint.endpoint_id)),
        ("POST", paths.authenticate(endpoint.endpoint_id)),
    ):
        answer = await endpoint.call(method, path)
        assert (answer.status, answer.reason) == (401, "endpoint_removed")
        assert "WWW-Authenticate" not in answer.headers
    refused = await endpoint.try_register(utm.registration.registration_token)
    assert (refused.status, refused.reason) == (401, "endpoint_removed")
    assert (await utm.request("POST", f"{own}/restore")).status == 200
    assert await endpoint.poll() == ()
