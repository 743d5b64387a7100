"""One request of an agent, as bytes: heads in the form and order of the MCS Client. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from endpoint.mcs_client.requests import transport_headers


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is to be sent.

    Attributes:
        name: Which call of MCS it is.
        request: The bytes.
    """

    name: str
    request: bytes


def request_bytes(
    method: str, target: str, *, host: str, headers: Mapping[str, str], cookies: str, body: bytes
) -> bytes:
    """Return a request.

    Args:
        method: The HTTP method.
        target: The path, encoded.
        host: The Host header.
        headers: Those of the call.
        cookies: The Cookie header; empty for none.
        body: The body.
    """
    sent = transport_headers(headers, length=len(body), cookies=cookies)
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode() + body
