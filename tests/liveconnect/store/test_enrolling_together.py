"""Endpoints that enrol at the same time: stored together, each as if it had come alone."""

import asyncio

from liveconnect.refusals import RegistrationRefusedError


async def together(*enrolling):
    return await asyncio.gather(*enrolling, return_exceptions=True)


async def test_those_of_two_utms_are_stored_as_they_are_told(  # noqa: PLR0917
    one, two, store, clock, make_policy, make_group
):
    web, other = make_policy("SWC", "one"), make_policy("SWC", "other")
    groups = make_group("default", web), make_group("special", other)
    await one.commit(*groups, membership={"e70": "special"})
    names = [f"e{number:02}" for number in range(80)]
    told = await together(*((two if each == "e71" else one).enrol(each) for each in names))
    assert sorted(told, key=lambda each: each.endpoint_id) == sorted(
        await store.load_endpoints(), key=lambda each: each.endpoint_id
    )
    policies = {each.endpoint_id: each.queue.policies for each in told}
    assert policies["e70"]["SWC"] == other.revision
    assert policies["e69"]["SWC"] == web.revision
    assert "SWC" not in policies["e71"]
    assert {len(each.queue.waiting) for each in told} == {1}
    commands = [command.command.id for each in told for command in each.queue.waiting]
    assert len(set(commands)) == len(commands)


async def test_each_is_reported_once_under_numbers_without_a_gap(one, two):
    await together(*(one.enrol(f"e{number}") for number in range(9)), two.enrol("x"))
    reports = await one.reports()
    assert [each.number for each in reports] == list(range(1, 10))
    assert {each.endpoint_id for each in reports} == {f"e{number}" for number in range(9)}
    assert [each.endpoint_id for each in await two.reports()] == ["x"]


async def test_a_wrong_token_among_them_refuses_one(one, store):
    first, refused, last = await together(
        one.enrol("e1"), one.enrol("e2", token="x" * 17), one.enrol("e3")
    )
    assert isinstance(refused, RegistrationRefusedError)
    stored = {each.endpoint_id for each in await store.endpoints(one.tenant)}
    assert stored == {first.endpoint_id, last.endpoint_id} == {"e1", "e3"}


async def test_two_of_one_attempt_are_one_endpoint_with_the_later_password(one, store):
    first, second = await together(one.enrol("e1", attempt="a"), one.enrol("e2", attempt="a"))
    assert first.endpoint_id == second.endpoint_id == "e1"
    (stored,) = await store.endpoints(one.tenant)
    assert stored.password_digest == second.password_digest != first.password_digest
    assert [each.endpoint_id for each in await one.reports()] == ["e1", "e1"]  # renamed meanwhile


async def test_an_attempt_of_before_is_recognised_among_new_ones(one, two, store, clock):
    await one.enrol("e1", attempt="a")
    again, foreign, new = await together(
        one.enrol("e2", attempt="a"), two.enrol("e3", attempt="a"), one.enrol("e4", attempt="b")
    )
    assert [each.endpoint_id for each in (again, foreign, new)] == ["e1", "e3", "e4"]
    await store.remove_endpoint(one.tenant, "e1", clock())
    refused, taken = await together(one.enrol("e5", attempt="a"), one.enrol("e6", attempt="c"))
    assert isinstance(refused, RegistrationRefusedError)
    assert taken.endpoint_id == "e6"


async def test_one_that_cannot_be_stored_fails_alone(one, store):
    await one.enrol("e1")
    failed, stored = await together(one.enrol("e1"), one.enrol("e2"))
    assert isinstance(failed, Exception)
    assert stored.endpoint_id == "e2"
    assert {each.endpoint_id for each in await store.endpoints(one.tenant)} == {"e1", "e2"}
