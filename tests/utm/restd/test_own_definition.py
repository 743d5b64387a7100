"""The API is driven from its own description: no 5xx, and nothing that it does not declare."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from utm.confd.classes import object_classes
from utm.restd.definitions import definition

from .swagger import JUNK, problem, values

EVERYTHING = definition("all")
REFS = {
    "REF_NetworkAny": ("network", "any"),
    "REF_DefaultInternalAddress": ("network", "interface_address"),
    "REF_One": ("network", "host"),
    "REF_DefaultHTTPProfile": ("http", "profile"),
    "REF_DefaultHTTPCFFAction": ("http", "cff_action"),
    "REF_DefaultHTTPCFFBlockAction": ("http", "cff_action"),
    "REF_EppAvpAllow": ("epp", "av_policy"),
    "REF_EppDcpAllow": ("epp", "dc_policy"),
    "REF_EppEndDefault": ("epp", "endpoints_group"),
    "REF_GamesGambles": ("http", "sp_category"),
    "REF_SEzkPqGizE": ("service", "udp"),
    "REF_Two": ("http", "exception"),
    "REF_Three": ("http", "domain_regex"),
    "REF_Nowhere": ("", ""),
}
INSERTS = ["http.exceptions 1", "http.profiles", "epp.port 1", "packetfilter.rules -1", "?"]
HEADERS = st.just({}) | st.fixed_dictionaries(
    {},
    optional={
        "X_Restd_Err_Ack": st.sampled_from(["none", "last", "all", "all", "some"]),
        "X_Restd_Lock_Override": st.sampled_from(["yes", "no"]),
        "X_Restd_Insert": st.sampled_from(INSERTS),
        "X_Restd_Session": st.just("close"),
    },
)
OBJECT_PATHS = [path for path in EVERYTHING["paths"] if path.startswith("/objects/")]
FAMILIAR = [
    path for path in OBJECT_PATHS if any(f"/{'/'.join(names)}/" in path for names in REFS.values())
]
NODE_PATHS = [path for path in EVERYTHING["paths"] if path.startswith("/nodes")]


@st.composite
def requests(draw):
    path = draw(st.one_of(*map(st.sampled_from, (OBJECT_PATHS, FAMILIAR, FAMILIAR, NODE_PATHS))))
    methods = {name: one for name, one in EVERYTHING["paths"][path].items() if name != "parameters"}
    method = draw(st.sampled_from(sorted(methods)))
    operation = methods[method]
    body = None
    if operation["parameters"]:
        schema = operation["parameters"][0]["schema"]
        right = values(EVERYTHING, schema, REFS)
        body = draw(st.one_of(right, right, right, st.tuples(right, JUNK).map(spoilt), JUNK))
    there = [ref for ref, names in REFS.items() if f"/{'/'.join(names)}/" in path]
    ref = draw(st.sampled_from([*there * 5, *REFS]))
    filled = path.replace("{ref}", ref)
    return method.upper(), filled, body, operation["responses"], draw(HEADERS)


def spoilt(pair):
    """A right value with something in it that is not."""
    value, junk = pair
    if isinstance(value, dict) and value:
        name = sorted(value)[len(str(junk)) % len(value)]
        return {**value, name: junk, "unknown": junk}
    return junk


@pytest.mark.timeout(600)
@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=st.lists(requests(), min_size=1, max_size=6))
async def test_no_request_gets_a_5xx_or_an_answer_that_is_not_declared(rest, asked):
    await rest.put("/objects/network/host/REF_One", {"name": "one"})
    for method, path, body, responses, headers in asked:
        data = None if method in {"GET", "DELETE"} else json.dumps(body).encode()

        reply = await rest.request(method, f"/api{path}", body=data, **headers)

        assert reply.status < 500, (method, path, body, reply.text)
        declared = responses.get(str(reply.status), responses["default"])
        if "schema" in declared:
            found = problem(EVERYTHING, declared["schema"], reply.value)
            assert found is None, (method, path, body, found)
        else:
            assert reply.text == ""


async def test_every_class_and_node_has_a_definition(rest):
    names = {one["name"] for one in (await rest.get("/definitions")).value}
    models = {}
    for name in sorted(names):
        document = (await rest.get(f"/definitions/{name}")).value
        assert document["swagger"] == "2.0"
        models |= document["definitions"]

    assert names >= {"epp", "http", "time", "remote_syslog", "network", "service", "aaa", "nodes"}
    assert {name.replace(".", "/") for name in models} > set(object_classes())
    assert len((await rest.get("/definitions/nodes")).value["paths"]) == 1232


async def test_a_model_says_types_words_defaults_and_targets(rest):
    document = (await rest.get("/definitions/epp")).value

    group = document["definitions"]["epp.endpoints_group"]["properties"]
    assert group["av_policy"] == {
        "type": "string",
        "default": "REF_EppAvpAllow",
        "description": "REF(epp/av_policy)",
    }
    assert group["web_control"]["type"] == "boolean"
    assert group["endpoints"]["items"] == {"type": "string"}
    device = document["definitions"]["epp.dc_policy"]["properties"]["modem"]
    assert device["enum"] == ["allowed", "block_bridged", "blocked"]
    assert set(document["paths"]["/objects/epp/endpoint/{ref}"]) == {
        "parameters",
        "get",
        "put",
        "patch",
        "delete",
    }


@pytest.mark.parametrize("full_type", sorted(object_classes()))
async def test_every_class_is_read_and_written_by_its_own_model(rest, full_type):
    model = EVERYTHING["definitions"][full_type.replace("/", ".")]
    fillers = {
        "default_cff_action": "REF_DefaultHTTPCFFAction",
        "action": "REF_DefaultHTTPCFFAction",
        "target": "REF_One",
        "server": "REF_One",
        "mode": None,
    }
    await rest.put("/objects/network/host/REF_One", {"name": "one"})
    body = {
        name: (model["properties"][name].get("enum") or [fillers.get(name) or "x"])[0]
        for name in model["required"]
    }
    if full_type == "lab/switch":
        body = {"name": "time_zone", "value": "endpoint"}

    made = await rest.post(f"/objects/{full_type}/", body)

    assert made.status == 201, made.text
    again = await rest.put(f"/objects/{full_type}/{made.value['_ref']}", made.value)
    assert (again.status, again.value) == (200, made.value)
    assert problem(EVERYTHING, model, made.value) is None
