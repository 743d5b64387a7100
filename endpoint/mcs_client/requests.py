"""What stands in a request of the client, whatever carries it. Pure.

* Headers in the order the wire shows them: ``Accept-Encoding: identity``, ``Content-Length`` also
  on GET, ``Authorization``, ``Content-Type``, ``User-Agent``, more of one call, ``Cookie``.
* The User-Agent ends in the literal word ``regToken`` when a token is configured, in nothing
  otherwise.

Provenance: mcs-protocol.md 1.2 (public); the word ``Windows`` in the User-Agent is inferred.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from endpoint.mcs_client.computer import PRODUCT_VERSION

XML: Final = "application/xml; charset=utf-8"
NO_MORE: Final[Mapping[str, str]] = MappingProxyType({})


def user_agent(*, has_token: bool, version: str = PRODUCT_VERSION) -> str:
    """Return the User-Agent."""
    return f"Sophos MCS Client/{version} Windows sessions {'regToken' if has_token else ''}"


def call_headers(
    authorization: str, agent: str, more: Mapping[str, str] = NO_MORE
) -> dict[str, str]:
    """Return the headers of a call.

    Args:
        authorization: Its Authorization; empty for the call that has none.
        agent: The User-Agent.
        more: What one call has besides or otherwise; an empty one is left out.
    """
    headers = {"Content-Type": XML, "User-Agent": agent}
    if authorization:
        headers = {"Authorization": authorization, **headers, **more}
    return {name: text for name, text in headers.items() if text}


def transport_headers(
    headers: Mapping[str, str], *, length: int, cookies: str = ""
) -> dict[str, str]:
    """Return the headers as they are sent.

    Args:
        headers: Those of the call.
        length: Bytes of the body.
        cookies: The Cookie header; empty for none.
    """
    sent = {"Accept-Encoding": "identity", "Content-Length": str(length), **headers}
    if cookies:
        sent["Cookie"] = cookies
    return sent
