"""Statuses that come at the same time: stored together, each as if it had come alone."""

import asyncio

from liveconnect.store.records import Fetch, ReceivedStatus


def status(clock, app_id, revision, *, res="Same", body="x"):
    return ReceivedStatus(app_id=app_id, created_at=clock(), body=body, res=res, revision=revision)


async def test_statuses_of_two_utms_confirm_and_report_each_its_own(  # noqa: PLR0917
    one, two, store, clock, make_policy, make_group
):
    old, new = make_policy("SWC", "old"), make_policy("SWC", "new")
    names = [f"e{number}" for number in range(70)]
    for tenant, mine in ((one, names), (two, ["x"])):
        for name in mine:
            await tenant.enrol(name)
        await tenant.commit(make_group("default", old))
        await tenant.commit(make_group("default", new))
        await store.acknowledge_reports(tenant.tenant, range(100))
    clock.advance(5)

    def sent(tenant, name):
        # One speaks of the policy before, one of a policy of nobody, one of none at all.
        told = {"e1": old.revision, "e2": "f" * 64}.get(name, new.revision)
        statuses = (
            status(clock, "SWC", told, res="" if name == "e3" else "Same"),
            status(clock, "ALC", "", res="", body=name),
        )
        fetch = Fetch(endpoint_id=name, app_id="SWC", policy_id=new.revision, at=clock())
        return store.record_statuses(tenant.tenant, name, statuses, (fetch,), clock())

    calls = [sent(two if name == "x" else one, name) for name in ("x", *names, *names[:3])]
    assert await asyncio.gather(*calls) == [2] * 71 + [0] * 3

    hops = {hop.endpoint_id: hop for hop in await store.timeline(one.tenant, 1, 2)}
    assert {name for name, hop in hops.items() if hop.committed_at} == {*names} - {"e1", "e2", "e3"}
    assert {hop.fetched_at for hop in hops.values()} == {clock()}
    before = {hop.endpoint_id: hop.committed_at for hop in await store.timeline(one.tenant, 1, 1)}
    assert {name for name, at in before.items() if at} == {"e1"}
    reports = await one.reports()
    assert [each.number for each in reports] == list(range(71, 211))
    changesets = {
        each.endpoint_id: (each.body["changeset"], each.body.get("fetched_at") is not None)
        for each in reports
        if each.body["app_id"] == "SWC"
    }
    assert changesets == {
        **dict.fromkeys(names, (2, True)),
        "e1": (1, False),
        "e2": (0, False),
        "e3": (0, False),
    }
    assert [each.endpoint_id for each in await two.reports()] == ["x", "x"]


async def test_of_one_endpoint_the_last_status_counts(one, store, clock, make_policy, make_group):
    await one.enrol("e1")
    web = make_policy("SWC", "one")
    await one.commit(make_group("default", web))
    calls = [
        store.record_statuses(
            one.tenant, "e1", (status(clock, "SWC", web.revision, res=res, body=res),), (), clock()
        )
        for res in ("Diff", "Same", "Same")
    ]
    assert await asyncio.gather(*calls) == [1, 1, 0]
    (found,) = [each for each in await store.compliance("e1") if each["app_id"] == "SWC"]
    assert found["compliant"]
    assert [each.body["res"] for each in (await one.reports())[1:]] == ["Diff", "Same"]
