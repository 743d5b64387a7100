"""Damaged requests to the real HTTP services: MCS, the UTM's link and the REST API.

- Nothing may be answered by 500 or a status above it (503 says that there is no room, and is not
  wanted here either); a connection may be closed on whoever does not speak HTTP.
- At the end a computer enrols and polls as if nothing had been.
- What is sent is drawn from the seed; the answers also depend on what the store holds by then.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
from yarl import URL

from bench.measured import own_resident_mib
from bench.torture_mutations import Mutator
from bench.torture_parsers import Parser, parsers
from foundation.net.tls import client_context
from foundation.protocol import link, paths
from foundation.protocol.authorization import (
    RegistrationCredentials,
    decode_registration_answer,
    encode_basic,
)
from foundation.protocol.computer_status import ComputerStatus
from foundation.protocol.names import DEFAULT_BASE_PATH, REGISTERED_APPS
from foundation.redact import Secret
from foundation.service import utc_now
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig
from utm.access import stored_secrets
from utm.app import Utm
from utm.config import UtmConfig
from utm.epsecd.registration import LinkCredentials
from utm.link_client import LinkClient

MOST_SHOWN: Final = 20
SHOWN_BYTES: Final = 300
SERVER_ERROR: Final = 500
OK: Final = 200
_BASE: Final = "/" + DEFAULT_BASE_PATH.strip("/")


@dataclass(frozen=True, slots=True)
class Door:
    """One service and how it is entered."""

    name: str
    url: str
    session: aiohttp.ClientSession
    authorization: str
    calls: tuple[tuple[str, str], ...]
    seeds: tuple[bytes, ...]


@dataclass
class Asked:
    """What came of all requests."""

    seed: int
    statuses: Counter[str] = field(default_factory=Counter)
    server_errors: list[dict[str, str]] = field(default_factory=list)
    growth_mib: float = 0.0
    is_well_after: bool = False

    @property
    def failed(self) -> bool:
        """Whether anything happened that must not."""
        return bool(self.server_errors) or not self.is_well_after

    def document(self) -> dict[str, Any]:
        """Return the summary as JSON values."""
        return {
            "seed": self.seed,
            "requests": self.statuses.total(),
            "answers": dict(sorted(self.statuses.items())),
            "server_errors": self.server_errors,
            "growth_mib": round(self.growth_mib, 1),
            "is_well_after": self.is_well_after,
        }


async def ask(requests: int, folder: Path, seed: int, say: Callable[[str], None]) -> Asked:
    """Send so many damaged requests in all."""
    asked, rng = Asked(seed), random.Random(seed)
    async with AsyncExitStack() as stack:
        service = LiveConnect(LiveConnectConfig(data=folder / "lc", mcs_port=0, link_port=0))
        await service.start()
        stack.push_async_callback(service.stop)
        utm = Utm(
            UtmConfig(
                data=folder / "utm",
                logs=folder / "logs",
                liveconnect_url=service.link_url,
                liveconnect_ca=service.ca_file,
                webadmin_port=0,
            )
        )
        await utm.start()
        stack.push_async_callback(utm.stop)
        await utm.enable()
        mcs, enrolled = await _mcs_door(service, utm, stack)
        doors = (mcs, await _link_door(service, folder, stack), await _rest_door(utm, stack))
        before_mib = 0.0
        for number in range(requests):
            if number == requests // 2:  # by then its memories are filled
                before_mib = own_resident_mib()
            await _send(rng.choice(doors), rng, asked)
            if number % 5000 == 0:
                say(f"http: {number} requests, {len(asked.server_errors)} server errors")
        asked.growth_mib = own_resident_mib() - before_mib
        poll = _BASE + paths.commands(REGISTERED_APPS, enrolled)
        headers = {"Authorization": mcs.authorization}
        async with mcs.session.get(mcs.url + poll, headers=headers) as answer:
            asked.is_well_after = answer.status == OK
    return asked


async def _session(stack: AsyncExitStack, ca: Path | None, **files: Path) -> aiohttp.ClientSession:
    context = client_context(ca=ca, now=utc_now, **files) if ca is not None else False
    connector = aiohttp.TCPConnector(ssl=context, limit=4)
    return await stack.enter_async_context(aiohttp.ClientSession(connector=connector))


async def _mcs_door(service: LiveConnect, utm: Utm, stack: AsyncExitStack) -> tuple[Door, str]:
    session = await _session(stack, service.ca_file)
    url = f"https://localhost:{service.mcs_port}"
    token = str(await utm.node("epp.registration_token"))
    joining = encode_basic(RegistrationCredentials("", Secret(""), token))
    computer = ComputerStatus(computer_name="PC-01", timestamp=utc_now()).encode()
    async with session.post(
        url + _BASE + paths.register(), data=computer, headers={"Authorization": joining}
    ) as answer:
        credentials = decode_registration_answer(await answer.read())
    one = credentials.endpoint_id
    calls = (
        ("POST", paths.register()),
        ("GET", paths.commands(REGISTERED_APPS, one)),
        ("DELETE", paths.command_ack(one, ["1"])),
        ("PUT", f"/statuses/endpoint/{one}"),
        ("POST", paths.events(one)),
        ("GET", "/policy/application/SWC/abc"),
        ("GET", "/policy/fragment/application/SWC/abc"),
        ("POST", f"/v2/responses/device/{one}/app_id/A/correlation_id/1"),
        ("POST", f"/v2/data_feed/device/{one}/feed_id/scheduled_query"),
        ("POST", f"/authenticate/endpoint/{one}/role/endpoint"),
        ("GET", f"/flags/endpoint/{one}"),
        ("POST", "/install/deployment-info/2"),
        ("POST", "/v2/migrate"),
    )
    based = tuple((method, _BASE + path) for method, path in calls)
    return Door("mcs", url, session, encode_basic(credentials), based, _documents()), one


async def _link_door(service: LiveConnect, folder: Path, stack: AsyncExitStack) -> Door:
    """Return the link of a second UTM, whose damage must not reach the first."""
    credentials = LinkCredentials(folder / "second")
    client = LinkClient(service.link_url, ca=service.ca_file, now=utc_now)
    csr = credentials.request("utm", "second")
    registration = await client.register(link.RegisterRequest(csr, "second"))
    await client.close()
    credentials.store(registration)
    files = {"certificate": credentials.certificate, "key": credentials.key}
    session = await _session(stack, service.ca_file, **files)
    calls = (
        ("POST", link.REGISTER_PATH),
        ("PUT", f"{link.PARTS_PATH}/{'a' * 64}"),
        ("PUT", f"{link.CHANGESETS_PATH}/1/1"),
        ("GET", f"{link.REPORTS_PATH}?hold=0"),
        ("POST", link.ACKNOWLEDGE_PATH),
        ("GET", link.ENDPOINTS_PATH),
        ("DELETE", f"{link.ENDPOINTS_PATH}/x"),
        ("POST", f"{link.ENDPOINTS_PATH}/x/restore"),
        ("POST", link.TOKEN_RESET_PATH),
    )
    seeds = (*_documents(), b'{"reports":[1,2]}', b'{"reports":[%d]}' % 10**30)
    return Door("link", service.link_url, session, "", calls, seeds)


async def _rest_door(utm: Utm, stack: AsyncExitStack) -> Door:
    session = await _session(stack, None)
    secrets = stored_secrets(utm.config.data / "webadmin")
    authorization = aiohttp.encode_basic_auth("admin", secrets["admin"])
    kind = "/api/objects/network/host/"
    calls = (
        *(("GET", path) for path in ("/api/nodes", "/api/status/version", kind)),
        ("POST", kind),
        ("PUT", f"{kind}REF_Any"),
        ("PATCH", f"{kind}REF_Any"),
        ("DELETE", f"{kind}REF_Any"),
        ("PUT", "/api/nodes/epp.poll_interval"),
        ("POST", "/api/objects/http/exception/"),
    )
    host = {"name": "a", "address": "192.0.2.1", "comment": "", "interface": "", "resolved": True}
    seeds = (
        json.dumps(host).encode(),
        json.dumps({"name": "e", "skiplist": ["av"]}).encode(),
        b"20",
    )
    return Door("rest", str(utm.front_door.url), session, authorization, calls, seeds)


def _documents() -> tuple[bytes, ...]:
    return tuple(seed for parser in _xml_and_json() for seed in parser.seeds)


def _xml_and_json() -> Iterator[Parser]:
    names = {"computer", "statuses", "events", "data feed", "changeset", "register", "new identity"}
    return (parser for parser in parsers() if parser.name in names)


async def _send(door: Door, rng: random.Random, asked: Asked) -> None:
    mutator = Mutator(rng)
    method, path = rng.choice(door.calls)
    if rng.random() < 0.3:
        path = mutator.damaged([path.encode()]).decode("latin-1")
    body = mutator.damaged(door.seeds) if method != "GET" else b""
    authorization = door.authorization
    if authorization and rng.random() < 0.1:
        authorization = mutator.damaged([authorization.encode()]).decode("latin-1")
    headers = {"Authorization": authorization} if authorization else {}
    headers["Content-Type"] = "application/json"
    try:
        url = URL(door.url + path, encoded=rng.random() < 0.5)
        if url.host is None or not str(url).startswith(door.url):
            raise ValueError(path)
        async with door.session.request(method, url, data=body, headers=headers) as answer:
            content, status = await answer.read(), answer.status
    except (ValueError, aiohttp.ClientError) as error:
        # The client would not send it, or the server closed the connection on it.
        asked.statuses[f"{door.name} {type(error).__name__}"] += 1
        return
    asked.statuses[f"{door.name} {status}"] += 1
    if status >= SERVER_ERROR and len(asked.server_errors) < MOST_SHOWN:
        shown = {"door": door.name, "call": f"{method} {path}"[:SHOWN_BYTES], "status": str(status)}
        shown["body"] = repr(body[:SHOWN_BYTES])
        shown["answer"] = repr(content[:SHOWN_BYTES])
        asked.server_errors.append(shown)
