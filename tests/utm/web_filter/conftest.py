"""A gateway on a real UTM, a site behind it, and clients on addresses of their own."""

from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web

from foundation.net.http_server import HttpServer
from utm.web_filter import WebFilterOptions

OFFICE_PC = "127.77.0.1"
STRANGER = "127.77.9.9"


@dataclass
class Gateway:
    """A UTM with its filter, as a client and an administrator see it."""

    utm: object

    @property
    def url(self):
        return f"http://127.0.0.1:{self.utm.web_filter.port}"

    async def fetch(self, url, *, source=OFFICE_PC, **kwargs):
        connector = aiohttp.TCPConnector(local_addr=(source, 0))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(url, proxy=self.url, **kwargs) as answer,
        ):
            return answer.status, await answer.text()

    async def post(self, url, data, *, source=OFFICE_PC):
        connector = aiohttp.TCPConnector(local_addr=(source, 0))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.post(url, data=data, proxy=self.url, allow_redirects=False) as answer,
        ):
            return answer.status

    async def edit(self, *operations):
        return (await self.utm.verbs["edit"](operations=operations, summary="a test"))["refs"]

    async def block(self, *domains, ref="REF_DefaultHTTPCFFAction"):
        return await self.edit(
            {
                "op": "create",
                "class": "http",
                "type": "domain_regex",
                "attributes": {"name": domains[0], "mode": "Domain", "domain": list(domains)},
                "as": "list",
            },
            {"op": "change", "ref": ref, "attributes": {"url_blacklist": ["$list"]}},
        )

    async def lines(self):
        """The lines of http.log."""
        await self.utm.quiesce()
        path = self.utm.config.logs / "http.log"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
async def site():
    async def page(_request):
        return web.Response(text="the page")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    server = HttpServer(app, name="site", host="127.0.0.1", port=0)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def clients(tmp_path):
    """The file of known clients, which a test writes."""
    return tmp_path / "clients.json"


@pytest.fixture
def web_filter_options(site, clients):
    return WebFilterOptions(connect_to={"*": ("127.0.0.1", site.port)}, clients=clients)


@pytest.fixture
async def gateway(make_utm, web_filter_options):
    """A running gateway whose base filter action logs."""
    gateway = Gateway(make_utm(web_filter=web_filter_options))
    await gateway.utm.start()
    logging = {"log_access": True, "log_blocked": True}
    await gateway.edit(
        {"op": "change", "ref": "REF_DefaultHTTPCFFAction", "attributes": logging},
    )
    return gateway
