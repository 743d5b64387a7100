"""A host's Web Control over a real site, with a policy that blocks, warns, excepts and logs."""

from dataclasses import replace
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from endpoint.host import HostFolder
from endpoint.logs import EndpointLog, FixedLevel
from endpoint.outbox import Outbox
from endpoint.web_control.options import WebControlOptions
from endpoint.web_control.service import WebControl
from foundation.durable.doorbell import EventDoorbell
from foundation.durable.files import write_atomic
from foundation.net.http_server import HttpServer
from foundation.protocol.events import decode_web_control_event
from foundation.protocol.policies import seal
from foundation.webfilter.policy import FilterAction, Profile, SiteList, WebException, WebPolicy
from foundation.webfilter.policy_xml import encode_web_policy

AT = datetime(2026, 11, 20, 23, 20, 18, tzinfo=UTC)


def sites(ref, *domains):
    return SiteList(ref=ref, domains=domains, include_subdomains=True)


ACTION = FilterAction(
    ref="REF_Action",
    name="Roaming",
    url_blacklist=(sites("REF_Block", "blocked.example", "excepted.example"),),
    warn_tags=(),
    uncategorized="allow",
    warn_categories=(133,),
)
POLICY = WebPolicy(
    group_ref="REF_Group",
    profiles=(Profile(ref="REF_Base", default_action_ref="REF_Action", is_base=True),),
    actions=(ACTION,),
    exceptions=(
        WebException(
            ref="REF_Exc", domains=(r"^https?://excepted\.example",), skip=("url_filter",)
        ),
    ),
)


class Desk:
    """One computer with Web Control, and a person in front of it."""

    def __init__(self, host, port):
        self.host = host
        self.bell = EventDoorbell()
        self.persist_bell = EventDoorbell()
        self.outbox = Outbox(host.web_control_activity)
        self._options = WebControlOptions(user="anna", connect_to={"*": ("127.0.0.1", port)})
        self.web_control = self.make()

    def make(self):
        log = EndpointLog(self.host.web_control / "Logs" / "WebControl.log", FixedLevel(), now)
        return WebControl(
            self.host,
            bell=self.bell,
            persist_bell=self.persist_bell,
            log=log,
            now=now,
            options=self._options,
        )

    def give(self, policy=POLICY, **changes):
        """Put a policy where the adapter puts it, without ringing."""
        rev_id, body = seal(encode_web_policy(replace(policy, **changes)))
        write_atomic(self.host.web_control_policy, body)
        return rev_id

    async def fetch(self, url, **kwargs):
        proxy = f"http://127.0.0.1:{self.web_control.port}"
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, proxy=proxy, **kwargs) as answer,
        ):
            return answer.status, await answer.text()

    def events(self):
        return [decode_web_control_event(notice.body) for notice in self.outbox.notices()]


def now():
    return AT


@pytest.fixture
def policy():
    return POLICY


@pytest.fixture
async def desk(tmp_path):
    async def page(request):
        return web.Response(text="the page")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    server = HttpServer(app, name="site", host="127.0.0.1", port=0)
    await server.start()
    desk = Desk(HostFolder(tmp_path / "laptop"), server.port)
    yield desk
    await desk.web_control.stop()
    await server.stop()
