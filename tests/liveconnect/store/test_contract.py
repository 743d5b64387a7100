"""What every store must do, each test with two UTMs: neither ever sees the other."""

import asyncio

import pytest

from foundation.protocol.reasons import Reason
from liveconnect.pki import UtmCertificate
from liveconnect.refusals import NotFoundError, OutOfOrderError, RegistrationRefusedError
from liveconnect.store.instants import to_text
from liveconnect.store.records import (
    DataFeed,
    Delivery,
    Fetch,
    ReceivedEvent,
    ReceivedResponse,
    ReceivedStatus,
)
from liveconnect.ways import PolicyWays
from tests.liveconnect.store.conftest import SIGNER


def waiting(snapshot):
    return [each.command.id for each in snapshot.waiting]


async def test_enrolling_belongs_to_the_utm_of_the_token(one, two, store):
    await one.enrol("e1")
    await two.enrol("e2")
    assert [each.endpoint_id for each in await store.endpoints(one.tenant)] == ["e1"]
    assert [each.endpoint_id for each in await store.endpoints(two.tenant)] == ["e2"]
    assert [report.endpoint_id for report in await one.reports()] == ["e1"]
    assert [report.number for report in await two.reports()] == [1]


async def test_an_id_of_another_utm_is_a_new_endpoint_with_this_token(one, two):
    await one.enrol("e1")
    moved = await two.enrol("e2", shown_id="e1", shown_password="password of e1")
    assert (moved.endpoint_id, moved.tenant) == ("e2", two.tenant)


async def test_a_refused_enrolment_changes_nothing(one, two, store):
    with pytest.raises(RegistrationRefusedError):
        await one.enrol("e1", token=two.token.swapcase())
    assert await store.load_endpoints() == ()
    assert await one.reports() == await two.reports() == ()


async def test_a_changeset_assigns_to_its_own_endpoints_only(
    one, two, store, make_policy, make_group
):
    await one.enrol("e1")
    await two.enrol("e2")
    web = make_policy("SWC", "one")
    committed = await one.commit(make_group("default", web), membership={"e2": "default"})
    assert [each.endpoint_id for each in committed.snapshots] == ["e1"]
    assert await store.policy("e1", "SWC", web.revision) == web.body
    assert await store.policy("e2", "SWC", web.revision) is None
    assert await store.latest_changeset(two.tenant) == (0, 0)


async def test_both_utms_may_have_the_same_policy_and_each_serves_its_own(
    one, two, store, make_policy, make_group
):
    web = make_policy("SWC", "shared")
    for tenant, endpoint in ((one, "e1"), (two, "e2")):
        await tenant.enrol(endpoint)
        await tenant.commit(make_group("default", web))
        assert await store.policy(endpoint, "SWC", web.revision) == web.body


async def test_a_changeset_that_is_refused_leaves_everything(
    one, two, store, make_policy, make_group
):
    await one.enrol("e1")
    await one.commit(make_group("default", make_policy("SWC", "one")))
    before = await store.load_endpoints()
    one.number -= 1
    with pytest.raises(OutOfOrderError):
        await one.store.commit_changeset(
            one.tenant, changeset_of(one, make_group, make_policy), "other digest", one.clock()
        )
    assert await store.load_endpoints() == before
    assert await two.commit() is not None


def changeset_of(tenant, make_group, make_policy):
    from foundation.protocol.link import Changeset

    groups = (make_group("default", make_policy("SWC", "two")),)
    return Changeset(1, tenant.number + 1, True, "default", groups)


async def test_commands_and_acknowledgements_stay_in_their_endpoint(one, two, store, clock):
    first, second = await one.enrol("e1"), await two.enrol("e2")
    (foreign,) = waiting(second.queue)
    untouched = await store.acknowledge("e1", (foreign,), {}, clock())
    assert waiting(untouched) == waiting(first.queue)
    with pytest.raises(NotFoundError):
        await store.send_command(one.tenant, "e2", "ALC", "<a/>", clock())
    sent = await store.send_command(two.tenant, "e2", "ALC", "<a/>", clock())
    assert len(sent.waiting) == 2
    done = await store.acknowledge("e2", tuple(waiting(sent)), {}, clock())
    assert done.waiting == ()
    assert done.revision > sent.revision


async def test_acknowledgements_that_come_together_each_end_their_own(one, two, store, clock):
    names = [f"e{number}" for number in range(210)]
    queues = await asyncio.gather(*((two if name == "e1" else one).enrol(name) for name in names))
    await store.send_command(one.tenant, "e0", "ALC", "<a/>", clock())
    ids = {each.endpoint_id: tuple(waiting(each.queue)) for each in queues}
    ids["e2"] = ids["e3"]  # somebody else's
    done = await asyncio.gather(
        *(store.acknowledge(each, ids[each], {}, clock()) for each in names)
    )
    assert [each.endpoint_id for each in done] == names
    left = {each.endpoint_id: len(each.waiting) for each in done if each.waiting}
    assert left == {"e0": 1, "e2": 1}
    stored = {each.endpoint_id: each.queue for each in await store.load_endpoints()}
    assert stored == {each.endpoint_id: each for each in done}


async def test_command_ids_are_never_given_twice(one, two, store, clock):
    seen = set(waiting((await one.enrol("e1")).queue)) | set(waiting((await two.enrol("e2")).queue))
    assert len(seen) == 2
    for tenant, endpoint in ((one, "e1"), (two, "e2"), (one, "e1")):
        snapshot = await store.send_command(tenant.tenant, endpoint, "ALC", "<a/>", clock())
        new = set(waiting(snapshot)) - seen
        assert len(new) == 1
        seen |= new
        await store.acknowledge(endpoint, tuple(waiting(snapshot)), {}, clock())


async def test_a_removal_is_refused_to_the_other_utm(one, two, store, clock):
    await one.enrol("e1")
    for call in (store.remove_endpoint, store.restore_endpoint):
        with pytest.raises(NotFoundError):
            await call(two.tenant, "e1", clock())
    removed = await store.remove_endpoint(one.tenant, "e1", clock())
    again = await store.remove_endpoint(one.tenant, "e1", clock())
    assert removed.removed_at == again.removed_at == clock()
    assert [report.kind for report in await one.reports()] == ["enrolled", "removed"]
    assert await two.reports() == ()


async def test_an_endpoint_that_was_away_gets_the_newest_policies_when_restored(
    one, store, clock, make_policy, make_group
):
    await one.enrol("e1")
    await store.remove_endpoint(one.tenant, "e1", clock())
    web = make_policy("SWC", "new")
    committed = await one.commit(make_group("default", web))
    assert committed.snapshots == ()
    restored = await store.restore_endpoint(one.tenant, "e1", clock())
    assert restored.queue.policies["SWC"] == web.revision


async def test_a_new_token_revokes_the_old_and_reaches_the_endpoints(one, two, store, clock):
    await one.enrol("e1")
    await two.enrol("e2")
    changed = await store.replace_token(one.tenant, "N" * 17, clock())
    assert [each.endpoint_id for each in changed] == ["e1"]
    with pytest.raises(RegistrationRefusedError) as caught:
        await one.enrol("e3")
    assert caught.value.reason is Reason.TOKEN_REVOKED
    assert (await one.enrol("e3", token="N" * 17)).tenant == one.tenant
    assert (await two.enrol("e4")).tenant == two.tenant


async def test_of_two_tokens_that_differ_in_case_each_opens_its_own_utm(one, two, store, clock):
    await store.replace_token(one.tenant, "Ab" + "c" * 15, clock())
    await store.replace_token(two.tenant, "aB" + "c" * 15, clock())
    assert (await one.enrol("e1", token="Ab" + "c" * 15)).tenant == one.tenant
    assert (await two.enrol("e2", token="aB" + "c" * 15)).tenant == two.tenant


async def test_a_removed_utm_loses_its_certificates_and_its_token(one, two, store, clock):
    registered = await one.register()
    await store.remove_utm(one.tenant, clock())
    found = await store.certificate(registered.certificate.serial)
    assert (found.tenant, found.revoked, found.utm_removed) == (one.tenant, True, True)
    with pytest.raises(RegistrationRefusedError):
        await one.enrol("e1")
    await two.enrol("e2")


async def test_statuses_confirm_only_their_own_endpoint(  # noqa: PLR0917
    one, two, store, clock, make_policy, make_group
):
    web = make_policy("SWC", "shared")
    for tenant, endpoint in ((one, "e1"), (two, "e2")):
        await tenant.enrol(endpoint)
        await tenant.commit(make_group("default", web))
    status = ReceivedStatus(
        app_id="SWC", created_at=clock(), body="x", res="Same", revision=web.revision
    )
    fetch = Fetch(endpoint_id="e1", app_id="SWC", policy_id=web.revision, at=clock())
    assert await store.record_statuses(one.tenant, "e1", (status,), (fetch,), clock()) == 1
    assert await store.record_statuses(one.tenant, "e1", (status,), (), clock()) == 0
    (hop,) = await store.timeline(one.tenant, 1, 1)
    assert hop.committed_at == hop.fetched_at == clock()
    (other,) = await store.timeline(two.tenant, 1, 1)
    assert other.committed_at is None
    assert other.fetched_at is None
    assert [report.kind for report in await two.reports()] == ["enrolled"]


async def test_the_report_of_a_policy_in_force_tells_its_times(
    one, store, clock, make_policy, make_group
):
    await one.enrol("e1")
    web = make_policy("SWC", "told")
    await one.commit(make_group("default", web))
    values = {"app_id": "SWC", "created_at": clock(), "revision": web.revision}
    fetch = Fetch(endpoint_id="e1", app_id="SWC", policy_id=web.revision, at=clock())
    known = ReceivedStatus(body="x", res="Same", **values)
    unknown = ReceivedStatus(body="y", res="Diff", **(values | {"revision": "f" * 64}))
    await store.record_statuses(one.tenant, "e1", (known,), (fetch,), clock())
    await store.record_statuses(one.tenant, "e1", (unknown,), (), clock())
    (hop,) = await store.timeline(one.tenant, 1, 1)
    told, untold = [report.body for report in await one.reports() if report.kind == "status"]
    assert told["assigned_at"] == to_text(hop.assigned_at)
    assert told["fetched_at"] == to_text(clock())
    assert told["delivered_at"] is None
    assert told["poll_interval_s"] > 0
    assert (told["epoch"], told["changeset"]) == (1, 1)
    assert "assigned_at" not in untold


async def test_the_first_delivery_of_a_policy_is_kept_with_its_path(
    one, store, clock, make_policy, make_group
):
    await one.enrol("e1")
    committed = await one.commit(make_group("default", make_policy("SWC", "told")))
    (command,) = (each.command.id for each in committed.snapshots[0].waiting)
    at = clock()
    clock.advance(5)
    await store.acknowledge("e1", (command,), {command: Delivery(at, "push")}, clock())
    await store.acknowledge("e1", (command,), {command: Delivery(clock(), "poll")}, clock())
    (hop,) = await store.timeline(one.tenant, 1, 1)
    assert (hop.delivered_at, hop.delivered_by) == (at, "push")


async def test_reports_are_acknowledged_only_by_their_utm(one, two, store):
    await one.enrol("e1")
    await two.enrol("e2")
    assert await store.acknowledge_reports(one.tenant, [1]) == 1
    assert await one.reports() == ()
    assert [report.number for report in await two.reports()] == [1]
    assert await store.acknowledge_reports(one.tenant, [1, 99]) == 0


async def test_the_same_event_id_at_two_utms_is_two_events(one, two):
    await one.enrol("e1")
    await two.enrol("e2")
    assert await one.event("e1", "7") == 1
    assert await two.event("e2", "7") == 1
    assert await one.event("e1", "7") == 0


async def test_events_of_one_document_are_numbered_in_their_order_and_each_counts_once(
    one, store, clock
):
    await one.enrol("e1")
    events = [
        ReceivedEvent(app_id="SWC", event_id=str(each), created_at=clock(), body="body")
        for each in range(120)
    ]
    await store.record_events(one.tenant, "e1", (events[60], events[110]), clock())

    assert await store.record_events(one.tenant, "e1", (*events, *events), clock()) == 118
    assert await store.record_events(one.tenant, "e1", tuple(events), clock()) == 0
    told = [(each.number, each.body["id"]) for each in (await one.reports())[3:]]
    expected = [str(each) for each in range(120) if each not in {60, 110}]
    assert told == list(enumerate(expected, 4))


async def test_acknowledging_drops_exactly_the_numbers_that_it_names(one, store):
    await one.enrol("e1")
    for each in range(9):
        await one.event("e1", str(each))

    assert await store.acknowledge_reports(one.tenant, [9, 2, 3, 4, 4, 7, 700]) == 5
    assert [report.number for report in await one.reports()] == [1, 5, 6, 8, 10]


async def test_what_memory_needs_survives_reopening(  # noqa: PLR0917
    one, store, clock, tmp_path, make_store, make_policy, make_group
):
    await one.enrol("e1")
    await one.commit(make_group("default", make_policy("SWC", "one")))
    clock.advance(5)
    await store.record_seen({"e1": clock()}, ())
    response = ReceivedResponse(endpoint_id="e1", app_id="X", command_id="1", body="{}")
    await store.record_response(one.tenant, response, clock())
    before = await store.load_endpoints()
    assert before[0].last_seen_at == clock()
    await store.close()
    again = await make_store(tmp_path)
    await again.open()
    try:
        assert await again.load_endpoints() == before
    finally:
        await again.close()


async def test_an_upload_is_stored_once_and_seen_by_its_own_utm_only(one, two, store, clock):
    for tenant, endpoint in ((one, "e1"), (two, "e2")):
        await tenant.enrol(endpoint)
    feed = DataFeed(tenant=one.tenant, endpoint_id="e1", feed_id="rows", body="[]", at=clock())
    assert await store.record_feed(feed)
    assert not await store.record_feed(feed)
    assert await store.feeds(one.tenant, "e1") == (feed,)
    assert await store.feeds(one.tenant, "e1", "other") == ()
    assert await store.feeds(two.tenant, "e1") == await store.feeds(two.tenant, "e2") == ()


async def test_utms_without_a_certificate_of_the_new_signer_are_named(one, two, store, clock):
    assert await store.certified_by_others(SIGNER, clock()) == ()
    renewed = UtmCertificate("ff", "new signer", "pem", "key of two", clock())
    await store.renew_certificate(two.tenant, renewed, clock())
    assert await store.certified_by_others("new signer", clock()) == (one.tenant,)
    assert await store.certified_by_others(SIGNER, clock()) == ()
    await store.revoke_certificate("ff", clock())
    assert await store.certified_by_others("new signer", clock()) == (one.tenant, two.tenant)


async def test_whom_to_trust_is_told_to_everybody_once_and_to_who_enrols_later(
    one, two, store, clock
):
    for tenant, endpoint in ((one, "e1"), (two, "e2")):
        await tenant.enrol(endpoint)
    told = await store.replace_trust("a certificate", clock())
    assert [each.endpoint_id for each in told] == ["e1", "e2"]
    assert await store.replace_trust("a certificate", clock()) == ()
    assert await store.refresh_mcs_policies(clock()) == ()
    for snapshot in (*told, (await one.enrol("e3")).queue):
        body = await store.policy(snapshot.endpoint_id, "MCS", snapshot.policies["MCS"])
        assert b"a certificate" in body


async def test_relays_are_one_utms_alone(one, two, store, clock):
    for tenant, endpoint in ((one, "e1"), (two, "e2")):
        await tenant.enrol(endpoint)
    changed = await store.replace_ways(one.tenant, PolicyWays(proxies=("http://p:1",)), clock())
    assert [each.endpoint_id for each in changed] == ["e1"]


async def test_a_token_opens_its_own_utm(one, two, store):
    assert await store.check_token(one.token) == one.tenant
    assert await store.check_token(two.token) == two.tenant
    with pytest.raises(RegistrationRefusedError):
        await store.check_token("X" * 17)


async def test_flags_belong_to_everybody_to_a_utm_or_to_an_endpoint(one, two, store):
    for tenant, endpoint in ((one, "e1"), (two, "e2")):
        await tenant.enrol(endpoint)
    await store.replace_flags("", "", {"a": True, "b": True})
    await store.replace_flags(one.tenant, "", {"b": False})
    await store.replace_flags(one.tenant, "e1", {"a": False})
    assert await store.flags(one.tenant, "e1") == {"a": False, "b": False}
    assert await store.flags(two.tenant, "e2") == {"a": True, "b": True}
    with pytest.raises(NotFoundError):
        await store.replace_flags(two.tenant, "e1", {})


async def test_a_replaced_policy_is_one_endpoints_alone(one, two, store, clock, make_policy):
    for tenant, endpoint in ((one, "e1"), (two, "e2")):
        await tenant.enrol(endpoint)
    web = make_policy("SWC", "of a tester")
    snapshot = await store.replace_policy(one.tenant, "e1", web, clock())
    assert snapshot.policies["SWC"] == web.revision
    assert await store.policy("e1", "SWC", web.revision) == web.body
    assert await store.policy("e2", "SWC", web.revision) is None


async def test_what_is_gathered_is_stored_before_the_store_closes(one, store, make_store, tmp_path):
    enrolling = asyncio.create_task(one.enrol("e1"))
    await asyncio.sleep(0)  # asked for, and not yet handed in
    await store.close()
    assert enrolling.done()
    await enrolling
    again = await make_store(tmp_path)
    await again.open()
    assert [each.endpoint_id for each in await again.load_endpoints()] == ["e1"]
    await again.close()
