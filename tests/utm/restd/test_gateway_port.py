"""The gateway's port is a node: an edit that cannot be is refused as any other value is."""

import socket

import pytest


async def test_a_port_that_is_taken_is_refused(rest):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        reply = await rest.put("/nodes/http.port", other.getsockname()[1])

    assert (reply.status, reply.msgtypes) == (422, ["PORT_IN_USE"])
    assert (await rest.get("/nodes/http.port")).value == 8080


@pytest.mark.parametrize("port", [-1, 65536, 1 << 62])
async def test_a_number_that_is_no_port_is_refused(rest, port):
    for key in ("http.port", "webadmin.port"):
        reply = await rest.put(f"/nodes/{key}", port)

        assert (reply.status, reply.msgtypes) == (422, ["DATATYPE_NODE"])
