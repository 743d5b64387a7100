"""The verbs of a UTM: JSON values in and out."""

import json

import pytest

from utm.confd import AttributeRefusedError
from utm.naming import GroupExistsError, NoSuchEndpointError, NoSuchGroupError
from utm.verbs import OperationMalformedError

from .broker import TOKEN, enrolled
from .conftest import lines_of

GROUP = {"op": "create", "class": "epp", "type": "endpoints_group", "as": "sales"}


@pytest.fixture
async def on(utm, broker):
    """A registered UTM with one computer."""
    await utm.enable()
    broker.report(enrolled(1, "E1", "PC-01"))
    await broker.until(lambda: broker.acknowledged)
    return utm


async def call(utm, verb, /, **arguments):
    """Call a verb; what comes back must be JSON."""
    answer = await utm.verbs[verb](**arguments)
    json.dumps(answer)
    return answer


async def test_status_tells_switch_registration_and_changeset(on):
    status = await call(on, "status")

    assert (status["enabled"], status["registered"], status["utm_id"]) == (True, True, "utm-1")
    assert TOKEN not in json.dumps(status)


async def test_utm_05_the_installers_name_carries_the_token(on):
    deployed = await call(on, "deploy_agent")

    assert deployed["file"].endswith(f"SophosMCSEndpoint_{TOKEN}.exe")
    await on.quiesce()
    assert not any(TOKEN in path.read_text() for path in on.config.logs.glob("*.log"))


async def test_a_token_reset_changes_the_token_that_is_shown(on):
    await call(on, "token_reset")

    assert await call(on, "token") == {"token": TOKEN[::-1]}


async def test_an_edit_makes_several_objects_that_refer_to_each_other(utm):
    operations = [
        GROUP | {"attributes": {"name": "Sales"}},
        {
            "op": "create",
            "class": "http",
            "type": "profile",
            "attributes": {
                "name": "P",
                "endpoints_groups": ["$sales"],
                "default_cff_action": "REF_DefaultHTTPCFFAction",
            },
        },
    ]
    done = await call(utm, "edit", operations=operations, summary="two")

    profiles = await call(utm, "objects", class_="http", type_="profile")
    mine = next(one for one in profiles if one["name"] == "P")
    assert mine["endpoints_groups"] == [done["refs"]["sales"]]


@pytest.mark.parametrize(
    "broken",
    [
        {"op": "explode"},
        {},
        {"op": "delete"},
        {"op": "create", "class": "epp", "type": "endpoints_group"},
        {"op": "change", "ref": "$nobody", "attributes": {}},
        {"op": "node", "key": "http.port"},
    ],
)
async def test_an_operation_that_lacks_something_undoes_the_whole_edit(utm, broken):
    operations = [GROUP | {"attributes": {"name": "Sales"}}, broken]
    with pytest.raises(OperationMalformedError):
        await call(utm, "edit", operations=operations, summary="broken")

    assert "Sales" not in [one["name"] for one in await call(utm, "group_list")]


async def test_an_attribute_that_is_none_undoes_the_whole_edit(utm):
    operations = [GROUP | {"attributes": {"name": "Sales", "colour": "red"}}]
    with pytest.raises(AttributeRefusedError, match="colour"):
        await call(utm, "edit", operations=operations, summary="broken")


async def test_a_computer_moves_into_a_group_and_is_told_to_liveconnect(on, broker):
    made = await call(on, "group_create", name="Sales")
    moved = await call(on, "group_move", endpoint="PC-01", group="Sales")
    await broker.until(lambda: broker.changesets[-1].number == moved["changeset"])

    assert broker.changesets[-1].membership == {"E1": made["ref"]}
    (listed,) = await call(on, "endpoint_list")
    assert (listed["name"], listed["group"]) == ("PC-01", "Sales")


async def test_a_second_group_of_one_name_is_refused(on):
    await call(on, "group_create", name="Sales")
    before = await call(on, "status")
    with pytest.raises(GroupExistsError, match="Sales"):
        await call(on, "group_create", name="Sales")

    assert (await call(on, "status"))["change"] == before["change"]


async def test_moving_nobody_or_nowhere_changes_nothing(on):
    before = await call(on, "status")
    with pytest.raises(NoSuchEndpointError):
        await call(on, "group_move", endpoint="PC-99", group="Default")
    with pytest.raises(NoSuchGroupError):
        await call(on, "group_move", endpoint="PC-01", group="Nowhere")

    assert (await call(on, "status"))["change"] == before["change"]


async def test_removing_and_restoring_ask_liveconnect_by_id(on, broker):
    assert await call(on, "endpoint_remove", endpoint="PC-01") == {"id": "E1"}
    await call(on, "endpoint_restore", endpoint="E1")

    asked = [path for _, path, _ in broker.calls if "/endpoints/" in path]
    assert asked == ["/link/v1/endpoints/E1", "/link/v1/endpoints/E1/restore"]


async def test_a_node_is_read_as_it_was_set(utm):
    operation = {"op": "node", "key": "http.port", "value": 3128}
    await call(utm, "edit", operations=[operation], summary="port")

    assert await call(utm, "node", key="http.port") == 3128


async def test_strict_writes_public_ids_only(make_utm, broker):
    utm = make_utm(extra_lines=False)
    await utm.start()
    await utm.enable()
    await call(utm, "group_create", name="Sales")
    await call(utm, "deploy_agent")
    broker.report(enrolled(1, "E1", "PC-01"))
    await broker.until(lambda: broker.acknowledged)
    await utm.quiesce()

    assert set(lines_of(utm)) == {"4233", "4211", "4212"}
