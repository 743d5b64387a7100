import pytest

from utm.confd.nodes import all_nodes


async def test_the_flat_map_has_every_node_and_real_booleans(rest):
    value = (await rest.get("/nodes")).value

    assert list(value) == list(all_nodes())
    assert value["epp.status.av"] is True
    assert value["epp.status.epp"] is False
    assert value["http.port"] == 8080


async def test_a_tree_has_zero_and_one(rest):
    tree = (await rest.get("/nodes/epp")).value

    assert tree["status"] == {"av": 1, "broker": 0, "dc": 1, "epp": 0, "wc": 1}
    assert [type(value) for value in tree["status"].values()] == [int] * 5
    assert type(tree["parent_proxy_status"]) is int
    assert tree["exceptions"] == {"av": [], "dc": []}
    assert (await rest.get("/nodes/epp.status")).value == tree["status"]


async def test_a_leaf_is_a_bare_value(rest):
    assert (await rest.get("/nodes/epp.status.epp")).text == "false"
    assert (await rest.get("/nodes/epp.allowed_networks")).value == ["REF_NetworkAny"]


async def test_a_leaf_is_set_by_a_bare_value(rest):
    for key, value in (
        ("epp.city", "Ulm"),
        ("epp.parent_proxy_status", True),
        ("epp.parent_proxy_port", 3128),
        ("afc.num_queues", None),
        ("packetfilter.advanced.ftp_ports", [21, 2121]),
    ):
        reply = await rest.put(f"/nodes/{key}", value)
        assert (reply.status, reply.value) == (200, value), key
        assert (await rest.get(f"/nodes/{key}")).value == value


async def test_zero_is_taken_for_false(rest):
    assert (await rest.put("/nodes/epp.status.av", 0)).value is False


@pytest.mark.parametrize("key", ["epp.tamper_password", "epp.wdx_token", "epp.private_key"])
async def test_a_secret_node_is_written_and_never_read(rest, confd_lines, key):
    reply = await rest.put(f"/nodes/{key}", "hush-hush")

    assert (reply.status, reply.value) == (200, "")
    assert (await rest.get("/nodes")).value[key] == ""
    assert "hush-hush" not in (await rest.get("/nodes/epp")).text
    assert "hush-hush" not in "".join(await confd_lines())


@pytest.mark.parametrize("key", ["epp.registration_token", "epp.tamper_password"])
async def test_a_secret_node_that_is_put_back_as_it_was_read_stays(rest, utm, key):
    await rest.put(f"/nodes/{key}", "hush-hush")
    read = (await rest.get(f"/nodes/{key}")).value

    assert (await rest.put(f"/nodes/{key}", read)).status == 200
    assert await utm.node(key) == "hush-hush"


async def test_a_secret_is_not_in_the_error_about_its_node(rest):
    reply = await rest.put("/nodes/epp.tamper_password", ["hush-hush"])

    assert reply.status == 422
    assert "hush-hush" not in reply.text


async def test_api_tokens_are_an_empty_map(rest):
    await rest.put("/nodes/auth.api_tokens", {"token": "hush-hush"})

    assert (await rest.get("/nodes/auth.api_tokens")).value == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("http.port", "8080"),
        ("http.port", 1 << 63),
        ("epp.status.epp", "yes"),
        ("http.epp_quota_action", "quota"),
        ("http.profiles", []),
        ("epp.allowed_networks", ["REF_Nowhere"]),
        ("epp.allowed_networks", ["REF_EppAvpAllow"]),
    ],
)
async def test_a_value_that_does_not_fit_is_refused(rest, key, value):
    before = (await rest.get(f"/nodes/{key}")).value

    reply = await rest.put(f"/nodes/{key}", value)

    assert reply.status == 422
    assert reply.msgtypes[0] in {"DATATYPE_NODE", "DATATYPE_REF"}
    assert (await rest.get(f"/nodes/{key}")).value == before


async def test_a_node_that_is_none_is_not_found(rest):
    for path in ("/nodes/epp.stat", "/nodes/nothing", "/nodes/epp."):
        assert (await rest.get(path)).status == 404
    assert (await rest.put("/nodes/epp.status", {})).status == 404


async def test_the_switch_of_endpoint_protection_registers_the_appliance(rest, broker):
    await rest.put("/nodes/epp.status.epp", True)
    await broker.until(lambda: broker.changesets)

    assert (await rest.get("/nodes/epp")).value["status"]["broker"] == 1
