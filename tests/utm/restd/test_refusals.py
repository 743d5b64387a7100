import asyncio
import gzip
import json
import ssl

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


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_is_not_encoded_as_it_says_is_refused(rest, encoding):
    reply = await rest.request("POST", EXCEPTIONS, body=b'{"name": "x"}', Content_Encoding=encoding)

    assert (reply.status, reply.msgtypes) == (400, ["BODY_NOT_READABLE"])


async def test_a_compressed_body_counts_by_what_is_in_it(rest):
    body = gzip.compress(b" " * (64 << 20))

    reply = await rest.request("POST", EXCEPTIONS, body=body, Content_Encoding="gzip")

    assert (reply.status, reply.msgtypes) == (413, ["BODY_TOO_LARGE"])


async def test_a_byte_order_mark_is_no_part_of_the_json(rest):
    reply = await rest.request("POST", EXCEPTIONS, body=b'\xef\xbb\xbf{"name": "x"}')

    assert reply.status == 201


async def test_of_a_key_that_comes_twice_the_last_holds(rest):
    reply = await rest.request("POST", EXCEPTIONS, body=b'{"name": "x", "name": "y"}')

    assert (reply.status, reply.value["name"]) == (201, "y")


async def test_two_clients_that_change_one_object_lose_nothing(rest):
    ref = await rest.create("http/domain_regex", name="x", mode="Domain")
    path = f"/objects/http/domain_regex/{ref}"

    replies = await asyncio.gather(
        *(rest.patch(path, {"comment": "y"}) for _ in range(10)),
        *(rest.patch(path, {"domain": [f"s{n}.example"]}) for n in range(10)),
        rest.patch(path, {"include_subdomains": True}),
    )

    assert {reply.status for reply in replies} == {200}
    stored = (await rest.get(path)).value
    assert (stored["comment"], stored["include_subdomains"]) == ("y", True)
    assert len(stored["domain"]) == 1


async def test_requests_of_one_connection_are_answered_in_order(rest, utm):
    context = ssl.create_default_context(cafile=utm.config.data / "webadmin/webadmin.crt")
    reader, writer = await asyncio.open_connection("localhost", utm.front_door.port, ssl=context)
    login = rest.headers["Authorization"]
    request = "GET /api/nodes/{} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n{}\r\n"
    keys = ["http.port", "webadmin.rest_api", "nothing", "epp.status.wc"]
    ends = ["", "", "", "Connection: close\r\n"]
    writer.write(
        "".join(
            request.format(key, login, end) for key, end in zip(keys, ends, strict=True)
        ).encode()
    )

    answers = (await reader.read()).decode().split("HTTP/1.1 ")[1:]
    writer.close()

    assert [answer[:3] for answer in answers] == ["200", "200", "404", "200"]
    assert [answer.rpartition("\r\n")[2] for answer in answers[:2]] == ["8080", "true"]
