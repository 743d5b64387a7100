"""From a UTM's registration to an acknowledged report, over real TLS with raw peers."""

from foundation.protocol.commands import read_apps_proxy_body
from foundation.protocol.mcs_policy import decode_mcs_policy


async def test_mcs_05_a_policy_travels_from_the_utm_to_the_endpoint_and_back(
    lab, make_policy, make_group
):
    utm = await lab.utm()
    web = make_policy("SWC", "block games")
    assert (await utm.push(make_group("default", web, make_policy("SAV", "x")))).status == 200
    endpoint = await lab.enrolled(utm)

    commands = await endpoint.poll()
    assert [command.app_id for command in commands] == ["APPSPROXY"]
    assigned = {each.app_id: each.policy_id for each in read_apps_proxy_body(commands[0].body)}
    assert set(assigned) == {"MCS", "SAV", "SWC"}
    assert assigned["SWC"] == web.revision

    fetched = await endpoint.take_policies()
    assert fetched["SWC"] == web.body
    assert await endpoint.poll() == ()
    mcs = decode_mcs_policy(fetched["MCS"])
    assert mcs.servers == (lab.service.mcs_url,)
    assert mcs.poll_interval_s == 20

    lab.clock.advance(3)
    assert (await endpoint.put_status("SWC", web.revision)).status == 200
    assert (await endpoint.post_event("202611202320000000")).status == 200

    reports = await utm.reports()
    assert [report.kind for report in reports] == ["enrolled", "status", "event"]
    assert [report.number for report in reports] == [1, 2, 3]
    assert reports[0].body["computer_name"] == "laptop"
    status = reports[1].body
    assert (status["app_id"], status["res"], status["revision"]) == ("SWC", "Same", web.revision)
    assert (status["epoch"], status["changeset"]) == (1, 1)
    assert reports[2].body["id"] == "202611202320000000"
    assert {report.endpoint_id for report in reports} == {endpoint.endpoint_id}

    assert (await utm.acknowledge(reports)).status == 200
    assert await utm.reports() == ()


async def test_the_timeline_tells_each_hop_of_a_changeset(lab, make_policy, make_group):
    utm = await lab.utm()
    await utm.push(make_group("default", make_policy("SWC", "one")))
    endpoint = await lab.enrolled(utm)
    await endpoint.take_policies()
    started = lab.clock()
    two = make_policy("SWC", "two")
    await utm.push(make_group("default", two))
    lab.clock.advance(7)
    (command,) = await endpoint.poll()
    lab.clock.advance(1)
    await endpoint.acknowledge(command.id)
    lab.clock.advance(1)
    assert (await endpoint.call("GET", f"/policy/application/SWC/{two.revision}")).status == 200
    lab.clock.advance(1)
    await endpoint.put_status("SWC", two.revision)

    told = await lab.service.verbs["timeline"]()
    (hop,) = told["hops"]
    assert (told["epoch"], told["number"]) == (1, 2)
    stamps = ("assigned", "delivered", "acknowledged", "fetched", "applied", "committed")
    waited = [
        (lab.clock.at.fromisoformat(hop[f"{stamp}_at"]) - started).total_seconds()
        for stamp in stamps
    ]
    assert waited == [0, 7, 8, 9, 10, 10]
