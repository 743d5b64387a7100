import json

import pytest

KEYS = {
    "Oattrs",
    "attrs",
    "class",
    "del_object",
    "fatal",
    "format",
    "msgtype",
    "name",
    "never_hide",
    "objname",
    "perms",
    "ref",
    "rights",
    "type",
}
EXCEPTIONS = "/api/objects/http/exception/"


async def test_an_attribute_that_does_not_fit_is_named_as_the_appliance_does(rest):
    reply = await rest.post("/objects/http/exception/", {"name": "x", "operator": "XOR"})

    assert reply.status == 422
    [error] = reply.value
    assert set(error) == KEYS
    assert error["msgtype"] == "DATATYPE_OBJECT_ATTRIBUTE"
    assert error["format"] == "The %_O object requires %_d for the %_A attribute."
    assert error["name"] == (
        "The web filtering exception object requires one of AND, OR "
        "for the operator attribute, not 'XOR'."
    )
    assert (error["attrs"], error["class"], error["type"]) == (["operator"], "http", "exception")
    assert error["fatal"] == 1


async def test_a_pattern_is_refused_with_the_reason_and_what_was_meant(rest):
    reply = await rest.post("/objects/http/exception/", {"name": "x", "domains": ["*.b.example"]})

    [error] = reply.value
    assert (reply.status, error["msgtype"]) == (422, "DATATYPE_PATTERN")
    assert error["reason"] == "no argument for repetition operator: *"
    assert error["suggestion"] == r"^https?://([A-Za-z0-9.-]*\.)?b\.example/"
    assert (error["pattern"], error["position"]) == ("*.b.example", 0)
    assert set(error) > KEYS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"name=x",
        b"\xff\xfe",
        b'{"name": NaN}',
        b'{"name": "x", "a": 1e999}',
        b'{"name": "\\ud800"}',
        b"[" * 100_000,
        b'{"name": "x", "a": ' + b"[" * 16 + b"]" * 16 + b"}",
        b"[]",
        b'"x"',
        b"9" * 5000,
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_a_body_that_is_no_object_of_json_is_refused(rest, method, body):
    path = EXCEPTIONS if method == "POST" else f"{EXCEPTIONS}REF_X"

    reply = await rest.request(method, path, body=body)

    assert reply.status == 400
    assert set(reply.value[0]) == KEYS


async def test_a_body_over_the_limit_is_not_read(rest):
    reply = await rest.request("POST", EXCEPTIONS, body=b" " * (1 << 20) + b"{}")

    assert (reply.status, reply.msgtypes) == (413, ["BODY_TOO_LARGE"])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/nodes", "GET"),
        ("POST", "/api/nodes/http.port", "GET, PUT"),
        ("PUT", EXCEPTIONS, "GET, POST"),
        ("POST", f"{EXCEPTIONS}REF_X", "DELETE, GET, PATCH, PUT"),
        ("PUT", "/api/status/version", "GET"),
        ("OPTIONS", "/api/", "GET"),
    ],
)
async def test_a_method_that_a_path_does_not_take_is_refused(rest, method, path, allowed):
    reply = await rest.request(method, path)

    assert (reply.status, reply.headers["Allow"]) == (405, allowed)
    assert set(reply.value[0]) == KEYS


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/objects", "/objects/http", "/objects/a/b/c/usedby/d", "/definitions/nothing"],
)
async def test_a_path_that_leads_nowhere(rest, path):
    reply = await rest.get(path)

    assert (reply.status, reply.msgtypes) == (404, ["NOT_FOUND"])


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Restd_Err_Ack": "some"},
        {"X_Restd_Lock_Override": "maybe"},
        {"X_Restd_Session": "open"},
    ],
)
async def test_a_header_with_a_word_of_its_own_is_refused(rest, headers):
    reply = await rest.get("/status/version", **headers)

    assert (reply.status, reply.msgtypes) == (400, ["HEADER_INVALID"])


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "_type": "http/profile"},
        {"name": "x", "_locked": "mine"},
        {"name": "x", "_ref": 7},
        {"name": "x", "_ref": "REF_-"},
        {"name": "x", "_ref": "REF_NetworkAny"},
        {"name": "x", "networks": ["REF_Nowhere"]},
        {"name": "x", "networks": ["REF_EppAvpAllow"]},
        {"name": ""},
        {"comment": "no name"},
        {"name": ["x"]},
    ],
)
async def test_what_cannot_be_an_object_is_refused(rest, body):
    reply = await rest.post("/objects/http/exception/", body)

    assert reply.status == 422
    assert set(reply.value[0]) == KEYS


async def test_put_refuses_a_body_of_another_reference(rest):
    reply = await rest.put("/objects/http/exception/REF_A", {"name": "x", "_ref": "REF_B"})

    assert reply.msgtypes == ["OBJECT_REF"]


async def test_a_secret_is_not_in_the_error_about_it(rest):
    body = {"name": "p", "pass": ["hush-hush"]}

    reply = await rest.post("/objects/http/parent_proxy/", body)

    assert reply.status == 422
    assert "hush-hush" not in json.dumps(reply.value)


async def test_head_is_answered_without_a_body(rest):
    reply = await rest.request("HEAD", "/api/nodes/http.port")

    assert (reply.status, reply.text) == (200, "")
