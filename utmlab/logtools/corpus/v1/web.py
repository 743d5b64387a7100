"""Lines of the web filter, and of endpoints' browsing in the same form.

Gaps are the same for all but the shortest lines, so that one way of drawing values serves them.
"""

from collections.abc import Mapping
from typing import Final

from utmlab.logtools.corpus.v1 import words
from utmlab.logtools.corpus.v1.scene import SOUND, Pair, Scene
from utmlab.logtools.corpus.v1.template import Speaker, Template, line_of

GAPS: Final = (
    *("srcip", "dstip", "user", "size", "request", "url", "dnstime", "cattime", "avscantime"),
    *("fullreqtime", "ua", "category", "reputation", "categoryname", "content-type"),
)
BASE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("group", "ad_domain", "referer", "error", "exceptions"), ""),
    **dict.fromkeys(("cached", "authtime", "aptptime", "device", "auth"), "0"),
    "method": "GET",
    "profile": words.PROFILE,
    "filteraction": words.ACTION,
}
PASSED: Final = {**BASE, "action": "pass", "statuscode": "200"}
LOCAL_SITE: Final = {**PASSED, "overridecategory": "1", "overridereputation": "1"}
POSTED: Final = {**PASSED, "method": "POST", "statuscode": "302", "cached": "0"}
TUNNEL: Final = {**PASSED, "method": "CONNECT", "auth": "2"}
FORBIDDEN: Final = {**BASE, "action": "block", "statuscode": "403", "reason": "category"}
COUNTRY: Final = {"country": "United States"}
EXTENSION: Final = {
    **FORBIDDEN,
    "reason": "extension",
    "extension": "exe",
    "filename": "setup.exe",
}
RANGE: Final = {**FORBIDDEN, "statuscode": "416", "reason": "range"}
WARNED: Final = {**FORBIDDEN, "action": "warn"}
ENDPOINT: Final = {"profile": words.ENDPOINT_PROFILE, "filteraction": words.ENDPOINT_ACTION}


class WebLines:
    """Web lines of one process in one version.

    Args:
        scene: Where they are.
        speaker: Whose lines they are.
        profile: The version, 9.3, 9.6 or 9.7.
    """

    def __init__(self, scene: Scene, speaker: Speaker, profile: str = "9.7") -> None:
        self.scene = scene
        self.speaker = speaker
        self._profile = profile
        self._has_agent = profile != "9.3"
        self.passed = self.template("web_access", PASSED)
        self.local_site = self.template("web_access", LOCAL_SITE)
        self.posted = self.template("web_access", POSTED)
        self.tunnel = self.template("web_access", TUNNEL)
        self.forbidden = self.template("web_category_blocked", {**FORBIDDEN, **COUNTRY})
        self.extension = self.template("web_extension_blocked", EXTENSION)
        self.range = self.template("web_blocked", RANGE)
        self.warned = self.template("web_warned", {**WARNED, **COUNTRY})
        self.proceeded = self.template(
            "web_proceeded", {}, ("url", "srcip", "category", "categoryname")
        )

    def template(
        self, slug: str, constants: Mapping[str, str], gaps: tuple[str, ...] = GAPS
    ) -> Template:
        """Make a template; gaps that the version did not have are not in it."""
        held = gaps if self._has_agent else tuple(gap for gap in gaps if gap != "ua")
        return line_of(self.speaker, slug, constants, held, profile=self._profile)

    def request(
        self,
        template: Template,
        site: words.Site,
        client: words.Client,
        *,
        scheme: str = "http",
        found: str = SOUND,
    ) -> Pair:
        """Write one request; what is not given is drawn, all of it from one number."""
        drawn = self.scene.numbers.draw()
        host, path, server, *known = site
        address, user, told_user = client
        numbers = (
            drawn >> 17 & 0x1FFFF,
            f"0x{drawn & 0xFFFFFFFF:08x}",
            f"http://{host}{path}{drawn >> 40 & 0xFFFF}?page={drawn >> 56}"
            if scheme == "http"
            else f"https://{host}/",
            drawn >> 34 & 0xFFF,
            drawn >> 46 & 0x3FF,
            drawn >> 52 & 0x3FF,
            drawn >> 28 & 0xFFFF,
        )
        if self._has_agent:
            known.insert(0, words.AGENTS[(drawn >> 48) % 6])
        values = (address, server, user, *numbers, *known)
        if user == told_user:
            return self.scene.pair(template, values, None, found)
        return self.scene.pair(
            template, values, (address, server, told_user, *numbers, *known), found
        )

    def going_on(self, site: words.Site, client: words.Client) -> Pair:
        """Write that somebody went on past a warning."""
        values = (f"http://{site.host}/", client.address, site.category, site.categoryname)
        return self.scene.pair(self.proceeded, values)

    def any(self) -> Pair:
        """Write one line of the daily mix."""
        dice = self.scene.numbers.draw()
        client = words.CLIENTS[(dice >> 8) % 8]
        kind = dice & 0xFF
        if kind >= 236:
            return self._stopped(kind, words.BLOCKED_SITES[(dice >> 16) % 3], client)
        site = words.SITES[(dice >> 16) % 12]
        if kind >= 228:
            return self.request(self.posted, site, client)
        if kind >= 200:
            return self.request(self.tunnel, site, client, scheme="https")
        return self.request(self.passed if kind < 190 else self.local_site, site, client)

    def _stopped(self, kind: int, site: words.Site, client: words.Client) -> Pair:
        if kind < 248:
            return self.request(self.forbidden, site, client)
        if kind < 252:
            return self.request(self.warned, site, client)
        if kind < 254:
            return self.going_on(site, client)
        return self.request(self.extension if kind == 254 else self.range, site, client)


class EndpointLines(WebLines):
    """Browsing of endpoints, which knows no server's address.

    Attributes:
        proceeded_found: The defect of lines with id 0072.
    """

    def __init__(self, scene: Scene, speaker: Speaker) -> None:
        super().__init__(scene, speaker)
        self.passed = self.of_endpoint("access", PASSED)
        self.tunnel = self.of_endpoint("access", {**TUNNEL, "auth": "0"})
        self.forbidden = self.of_endpoint("category_blocked", FORBIDDEN)
        self.extension = self.of_endpoint("extension_blocked", EXTENSION)
        self.warned = self.of_endpoint("warned", WARNED)
        self.proceeded = self.of_endpoint("proceeded", PASSED)
        self.quota = self.of_endpoint("warned", {**WARNED, "reason": "quota"})
        self.proceeded_found = SOUND

    def of_endpoint(
        self, kind: str, constants: Mapping[str, str], more: tuple[str, ...] = ()
    ) -> Template:
        """Make a template of endpoints' browsing."""
        gaps = tuple(gap for gap in (*GAPS, *more) if gap != "dstip")
        return line_of(self.speaker, f"endpoint_web_{kind}", {**constants, **ENDPOINT}, gaps)

    def browse(
        self,
        template: Template,
        site: words.Site,
        client: words.Client,
        *,
        scheme: str = "http",
        more: tuple[str, ...] = (),
        found: str = SOUND,
    ) -> Pair:
        """Write one request of an endpoint; what is not given is drawn."""
        one = self.scene.numbers.draw()
        path = f"{site.path}{one & 0xFFFF}" if scheme == "http" else "/"
        values = (
            one >> 16 & 0x1FFFF,
            f"0x{one >> 32 & 0xFFFFFFFF:08x}",
            f"{scheme}://{site.host}{path}",
            *("0", "0", "0", "0"),
            words.AGENTS[(one >> 33) % 6],
            *site[3:],
            *more,
        )
        told = (client.address, client.shown, *values)
        return self.scene.pair(template, (client.address, client.user, *values), told, found)

    def any(self) -> Pair:
        """Write one line of the daily mix; a warning on HTTPS is another scenario's."""
        dice = self.scene.numbers.draw()
        client = words.COMPUTERS[(dice >> 8) % 6]
        kind = dice & 0xFF
        if kind < 190:
            return self.browse(self.passed, words.SITES[(dice >> 16) % 12], client)
        if kind < 220:
            site = words.SITES[(dice >> 16) % 12]
            return self.browse(self.tunnel, site, client, scheme="https")
        site = words.BLOCKED_SITES[(dice >> 16) % 3]
        if kind < 240:
            return self.browse(self.forbidden, site, client)
        if kind < 250:
            return self.browse(self.warned, site, client)
        if kind < 254:
            return self.continued(site, client)
        return self.browse(self.extension, site, client)

    def continued(self, site: words.Site, client: words.Client) -> Pair:
        """Write that somebody went on past a warning; consumers know the id in another form."""
        return self.browse(self.proceeded, site, client, found=self.proceeded_found)
