"""Changesets: in order, whole, and assigned to exactly whom they concern."""

import hashlib
import json
from dataclasses import replace

import pytest

from foundation.protocol import link
from foundation.protocol.commands import read_apps_proxy_body


def changeset(utm, number, *groups, **more):
    return link.Changeset(
        epoch=more.pop("epoch", 1),
        number=number,
        enabled=True,
        default_group=groups[0].ref if groups else "",
        groups=groups,
        **more,
    )


def reason(answer):
    return answer.status, answer.json()["reason"]


async def latest(utm):
    return (await utm.request("GET", link.LATEST_CHANGESET_PATH)).json()


async def test_before_the_first_there_is_none(lab):
    assert await latest(await lab.utm()) == {"epoch": 0, "number": 0}


async def test_a_repeated_changeset_is_one(lab, make_policy, make_group):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    first = changeset(utm, 1, make_group("default", make_policy("SWC", "one")))
    assert (await utm.put(first)).json() == {"endpoints": 1}
    assert (await utm.put(first)).json() == {"endpoints": 0}
    assert len(await endpoint.poll()) == 1
    assert await latest(utm) == {"epoch": 1, "number": 1}


async def test_what_is_older_or_differs_under_the_same_number_is_refused(
    lab, make_policy, make_group
):
    utm = await lab.utm()
    one = make_group("default", make_policy("SWC", "one"))
    two = make_group("default", make_policy("SWC", "two"))
    assert (await utm.put(changeset(utm, 5, one))).status == 200
    assert reason(await utm.put(changeset(utm, 4, two))) == (409, "changeset_stale")
    assert reason(await utm.put(changeset(utm, 5, two))) == (409, "changeset_stale")
    assert (await utm.put(changeset(utm, 1, two, epoch=2))).status == 200
    assert reason(await utm.put(changeset(utm, 6, one))) == (409, "changeset_stale")
    assert await latest(utm) == {"epoch": 2, "number": 1}


async def test_missing_parts_are_listed_and_nothing_is_stored(lab, make_policy, make_group):
    utm = await lab.utm()
    parts = [b"list one", b"list two"]
    digests = tuple(hashlib.sha256(part).hexdigest() for part in parts)
    wanted = changeset(utm, 1, make_group("default"), parts=digests)
    assert (await utm.request("PUT", f"{link.PARTS_PATH}/{digests[0]}", parts[0])).status == 200
    answer = await utm.put(wanted)
    assert reason(answer) == (409, "parts_missing")
    assert answer.json()["missing"] == [digests[1]]
    assert await latest(utm) == {"epoch": 0, "number": 0}
    other = await lab.utm(organization="Other")
    assert (await other.put(replace(wanted))).json()["missing"] == list(digests)
    await utm.request("PUT", f"{link.PARTS_PATH}/{digests[1]}", parts[1])
    assert (await utm.put(wanted)).status == 200


async def test_a_part_that_is_not_what_its_path_says_is_refused(lab):
    utm = await lab.utm()
    answer = await utm.request("PUT", f"{link.PARTS_PATH}/{'0' * 64}", b"x")
    assert reason(answer) == (400, "digest_wrong")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda policy: replace(policy, body=b"<policy>"), "xml_malformed"),
        (lambda policy: replace(policy, body=b"<!DOCTYPE a><a/>"), "xml_doctype"),
        (
            lambda policy: replace(policy, body=policy.body.replace(policy.revision.encode(), b"")),
            "revision_missing",
        ),
        (lambda policy: replace(policy, body=b"<policy/>"), "policy_malformed"),
        (lambda policy: replace(policy, revision="0" * 64), "digest_wrong"),
        (lambda policy: replace(policy, policy_type=2), "digest_wrong"),
        (lambda policy: replace(policy, app_id="MCS"), "app_unknown"),
    ],
)
async def test_a_policy_that_cannot_be_served_refuses_its_changeset(
    lab, make_policy, make_group, change, expected
):
    utm = await lab.utm()
    good = make_policy("SWC", "one")
    await utm.put(changeset(utm, 1, make_group("default", good)))
    endpoint = await lab.enrolled(utm)
    fetched = await endpoint.take_policies()
    bad = make_group("default", make_policy("SAV", "new"), change(make_policy("SWC", "two")))
    assert reason(await utm.put(changeset(utm, 2, bad))) == (400, expected)
    assert await latest(utm) == {"epoch": 1, "number": 1}
    assert await endpoint.poll() == ()
    assert fetched["SWC"] == good.body


@pytest.mark.parametrize("where", ["membership", "default"])
async def test_a_group_that_is_gone_refuses_the_changeset(lab, make_group, where):
    utm = await lab.utm()
    wanted = changeset(utm, 1, make_group("default"))
    if where == "membership":
        wanted = replace(wanted, membership={"e1": "gone"})
    else:
        wanted = replace(wanted, default_group="gone")
    assert reason(await utm.put(wanted)) == (400, "group_unknown")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("1/1", b"{}"),
        ("1/1", b"nonsense"),
        ("1/1", b"[" * 200_000),
        ("2/1", b'{"epoch":1,"number":1,"enabled":true,"default_group":"","groups":[]}'),
        ("1/1", b'{"epoch":"1","number":1,"enabled":true,"default_group":"","groups":[]}'),
    ],
)
async def test_a_malformed_changeset_is_refused(lab, path, body):
    utm = await lab.utm()
    answer = await utm.request("PUT", f"{link.CHANGESETS_PATH}/{path}", body)
    assert reason(answer) == (400, "field_missing")


async def test_web_04_a_moved_endpoint_gets_its_groups_policy_and_others_keep_theirs(
    lab, make_policy, make_group
):
    utm = await lab.utm()
    groups = (
        make_group("default", make_policy("SWC", "default")),
        make_group("special", make_policy("SWC", "special")),
    )
    await utm.push(*groups)
    moved, other = await lab.enrolled(utm, "moved"), await lab.enrolled(utm, "other")
    await moved.take_policies()
    await other.take_policies()
    await utm.push(*groups, membership={moved.endpoint_id: "special"})
    assert await moved.take_policies() == {"SWC": groups[1].policies[0].body}
    assert await other.poll() == ()
    await utm.push(*groups)
    assert await moved.take_policies() == {"SWC": groups[0].policies[0].body}


async def test_a_change_assigns_only_what_changed(lab, make_policy, make_group):
    utm = await lab.utm()
    sav = make_policy("SAV", "same")
    await utm.push(make_group("default", sav, make_policy("SWC", "one")))
    endpoint = await lab.enrolled(utm)
    await endpoint.take_policies()
    await utm.push(make_group("default", sav, make_policy("SWC", "two")))
    (command,) = await endpoint.poll()
    assert [each.app_id for each in read_apps_proxy_body(command.body)] == ["SWC"]


async def test_two_changes_while_away_make_one_command_with_the_newest(
    lab, make_policy, make_group
):
    utm = await lab.utm()
    endpoint = await lab.enrolled(utm)
    for content in ("one", "two", "three"):
        newest = make_policy("SWC", content)
        await utm.push(make_group("default", newest))
    (command,) = await endpoint.poll()
    assigned = {each.app_id: each.policy_id for each in read_apps_proxy_body(command.body)}
    assert assigned["SWC"] == newest.revision


async def test_a_changeset_of_one_utm_touches_no_other(lab, make_policy, make_group):
    one, two = await lab.utm(), await lab.utm(organization="Other")
    endpoint = await lab.enrolled(two)
    await endpoint.take_policies()
    special = make_group("special", make_policy("SWC", "x"))
    await one.push(make_group("default"), special, membership={endpoint.endpoint_id: "special"})
    assert await endpoint.poll() == ()
    assert await latest(two) == {"epoch": 0, "number": 0}


@pytest.mark.parametrize(
    "damaged",
    [
        {"epoch": 10**30},
        {"epoch": -1},
        {"enabled": "yes"},
        {"default_group": "\ud800"},
        {"groups": [{"ref": ["a"], "name": "a", "policies": []}]},
        {"groups": [{"ref": "a", "name": "\udfff", "policies": []}]},
        {"groups": [{"ref": "default", "name": "twice", "policies": []}] * 2},
        {"membership": {"e": "\ud800"}},
        {"membership": ["e"]},
        {"tamper_password_hash": [1]},
    ],
)
async def test_a_changeset_with_a_field_of_another_kind_is_refused(lab, make_group, damaged):
    utm = await lab.utm()
    whole = json.loads(link.encode_document(changeset(utm, 1, make_group("default"))))
    body = json.dumps({**whole, **damaged}).encode()
    answer = await utm.request("PUT", f"{link.CHANGESETS_PATH}/1/1", body=body)
    assert reason(answer) == (400, "field_missing")
    assert await latest(utm) == {"epoch": 0, "number": 0}


@pytest.mark.parametrize("numbers", [[10**30], [-1], [True], ["1"]])
async def test_only_numbers_of_reports_are_acknowledged(lab, numbers):
    utm = await lab.utm()
    body = json.dumps({"reports": numbers}).encode()
    answer = await utm.request("POST", link.ACKNOWLEDGE_PATH, body=body)
    assert reason(answer) == (400, "field_missing")
