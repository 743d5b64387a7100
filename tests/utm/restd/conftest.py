"""A running appliance, and a client of its REST API as each kind of user."""

import json
import ssl

import aiohttp
import pytest

from utm.access import stored_secrets


class RestClient:
    """Requests of one user; with no user, without an Authorization header."""

    def __init__(self, utm, session, user) -> None:
        self._utm, self._session = utm, session
        password = stored_secrets(utm.config.data / "webadmin")[user] if user else ""
        self.headers = {"Authorization": aiohttp.encode_basic_auth(user, password)} if user else {}

    async def request(self, method, path, value=None, *, body=None, **options):
        data = body if value is None else json.dumps(value).encode()
        headers = {name.replace("_", "-"): text for name, text in options.items()}
        url = f"{self._utm.front_door.url}{path}"
        async with self._session.request(
            method, url, data=data, headers={**self.headers, **headers}
        ) as response:
            return Reply(response.status, response.headers, await response.text())

    async def get(self, path, **options):
        return await self.request("GET", f"/api{path}", **options)

    async def post(self, path, value, **options):
        return await self.request("POST", f"/api{path}", value, **options)

    async def put(self, path, value, **options):
        body = json.dumps(value).encode()
        return await self.request("PUT", f"/api{path}", body=body, **options)

    async def patch(self, path, value, **options):
        return await self.request("PATCH", f"/api{path}", value, **options)

    async def delete(self, path, **options):
        return await self.request("DELETE", f"/api{path}", **options)

    async def create(self, full_type, **attributes):
        """Make an object and return its reference."""
        reply = await self.post(f"/objects/{full_type}/", attributes)
        assert reply.status == 201, reply.text
        return reply.value["_ref"]


class Reply:
    def __init__(self, status, headers, text) -> None:
        self.status, self.headers, self.text = status, headers, text

    @property
    def value(self):
        return json.loads(self.text)

    @property
    def msgtypes(self):
        return [error["msgtype"] for error in self.value]


@pytest.fixture
async def session(utm):
    trusted = utm.config.data / "webadmin/webadmin.crt"
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=trusted))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


@pytest.fixture
def rest(utm, session):
    """The REST API as user `token`."""
    return RestClient(utm, session, "token")


@pytest.fixture
def rest_as(utm, session):
    """The REST API as some user; as nobody when the name is empty."""
    return lambda user: RestClient(utm, session, user)


@pytest.fixture
def confd_lines(utm):
    """The lines of confd.log, once they are written."""

    async def read():
        await utm.quiesce()
        path = utm.config.logs / "confd.log"
        return path.read_text().splitlines() if path.exists() else []

    return read
