"""WebAdmin over its own HTTPS listener, asked without a browser."""

import re
from datetime import timedelta
from html import unescape

import aiohttp
import pytest
from yarl import URL

from foundation.protocol.link import Report
from utm.access import stored_secrets
from utm.storage import WEBADMIN_FOLDER
from utm.webadmin.gate import COOKIE

from .sync_world import World


class Browser:
    """A person's client: follows redirects, keeps cookies, sends forms as they are in the page."""

    def __init__(self, utm) -> None:
        self.utm = utm
        self.url = utm.front_door.url
        self.http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=False), cookie_jar=aiohttp.CookieJar()
        )
        self.status = 0
        self.path = ""
        self.html = ""
        self.headers = {}

    async def get(self, path, **options):
        """Open a page and return its HTML."""
        return await self._take(self.http.get(self.url + path, **options))

    async def post(self, path, fields=(), *, csrf=True, **options):
        """Send fields (pairs or a dict) with the mark of the session."""
        pairs = list(fields.items()) if isinstance(fields, dict) else list(fields)
        if csrf:
            pairs.append(("_csrf", await self.mark()))
        return await self._take(self.http.post(self.url + path, data=pairs, **options))

    async def send(self, path, body, content_type):
        """Send a body as it is."""
        headers = {"Content-Type": content_type}
        asking = self.http.post(self.url + path, data=body, headers=headers, allow_redirects=False)
        return await self._take(asking)

    @property
    def cookie(self):
        """What the session's cookie holds."""
        return next(one.value for one in self.http.cookie_jar if one.key == COOKIE)

    @cookie.setter
    def cookie(self, value):
        self.http.cookie_jar.clear()
        self.http.cookie_jar.update_cookies({COOKIE: value}, URL(self.url))

    async def mark(self):
        page = self.html if 'name="_csrf"' in self.html else await self.get("/")
        found = re.search(r'name="_csrf" value="([^"]+)"', page)
        return found[1] if found else ""

    async def submit(self, path, changes=None, *, action=None, without=()):
        """Open a page, fill in its form of that action, and send it as a browser does."""
        page = await self.get(path)
        target, form = form_of(page, action or path)
        fields = [(name, value) for name, value in form if name not in without]
        for name, value in (changes or {}).items():
            fields = [pair for pair in fields if pair[0] != name]
            values = value if isinstance(value, (list, tuple)) else [value]
            fields += [(name, each) for each in values if each is not None]
        return await self.post(target, fields, csrf=False)

    def form(self, action):
        """What a browser would send of the page that is open."""
        return form_of(self.html, action)[1]

    async def log_in(self, user="admin"):
        password = self.secrets[user]
        return await self.post("/login", {"user": user, "password": password}, csrf=False)

    @property
    def secrets(self):
        return stored_secrets(self.utm.config.data / WEBADMIN_FOLDER)

    async def _take(self, asking):
        async with asking as answer:
            self.status, self.path = answer.status, answer.url.path_qs
            self.headers, self.html = answer.headers, await answer.text()
            return self.html


def form_of(page, action):
    """A form's address, and the names and values that a browser would send, without buttons."""
    for tag, body in re.findall(r"(<form[^>]*>)(.*?)</form>", page, re.DOTALL):
        target = attribute(tag, "action")
        is_meant = target is None or target.split("?")[0] == action.split("?")[0]
        if is_meant and 'method="post"' in tag:
            return target or action, list(_controls(body))
    raise AssertionError(f"no form for {action}")


def _controls(body):
    pattern = r"<input[^>]*>|<textarea[^>]*>.*?</textarea>|<select[^>]*>.*?</select>"
    for control in re.findall(pattern, body, re.DOTALL):
        head = control[: control.index(">") + 1]
        name = attribute(head, "name")
        if name is None or re.search(r"\sdisabled\b", head):
            continue
        if control.startswith("<textarea"):
            text = control[len(head) : -len("</textarea>")]
            yield name, unescape(text.removeprefix("\n"))
        elif control.startswith("<select"):
            options = re.findall(r"<option[^>]*>", control)
            chosen = [one for one in options if " selected" in one] or options[:1]
            yield from ((name, attribute(one, "value")) for one in chosen)
        elif attribute(head, "type") not in ("checkbox", "radio") or " checked" in head:
            yield name, attribute(head, "value") or ""


def attribute(tag, name):
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else None


@pytest.fixture
async def make_browser(utm):
    """Make clients of a running UTM; all are closed in the end."""
    made = []

    def make(of=utm):
        made.append(Browser(of))
        return made[-1]

    yield make
    for one in made:
        await one.http.close()


@pytest.fixture
async def browser(make_browser):
    """An administrator who is logged in."""
    browser = make_browser()
    await browser.log_in()
    return browser


@pytest.fixture
async def auditor(make_browser):
    """An auditor who is logged in."""
    browser = make_browser()
    await browser.log_in("auditor")
    return browser


@pytest.fixture
async def with_computers(utm, broker):
    """Endpoint Protection is on and two computers are enrolled."""
    await utm.enable()
    at = utm.now().isoformat()
    for number, name in enumerate(("PC-01", "PC-02"), start=1):
        body = {"computer_name": name, "operating_system": "Windows 10 Pro"}
        broker.report(Report(number, "enrolled", f"E{number}", at, body))
    await broker.until(lambda: len(broker.acknowledged) == 2)
    return utm


@pytest.fixture
async def world(utm, broker):
    """A UTM whose clock is set by hand."""
    world = World(utm, broker)
    start = utm.now()
    world.later_s = 0.0
    utm.now = lambda: start + timedelta(seconds=world.later_s)
    return world


@pytest.fixture
async def visitor(world, make_browser):
    """An administrator who looks at that UTM."""
    browser = make_browser()
    await browser.log_in()
    return browser
