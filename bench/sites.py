"""A million made-up sites, a policy of the full model with a thousand patterns, and URLs to judge.

- Always the same, from a seeded generator. Half of the URLs are on listed hosts or below them.
- "Spread": each URL is on another host. "Browsed": a host is asked for ten times, as a page's parts
  are.
"""

import random
from datetime import UTC, datetime, time
from pathlib import Path

from foundation.categories.category import Category
from foundation.categories.large_set import write_category_file
from foundation.webfilter.policy import (
    FilterAction,
    LocalSite,
    PolicyRule,
    Profile,
    SiteList,
    TimeWindow,
    WebException,
    WebPolicy,
)

SITES = 1_000_000
PATTERNS = 1_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ENDS = ("com", "net", "org", "de", "co.uk", "example")
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


class World:
    """The sites and what is said about them."""

    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)
        choose = self.random.choices
        self.words = ["".join(choose(LETTERS, k=3 + n % 7)) for n in range(40_000)]
        hosts: dict[str, None] = {}
        while len(hosts) < SITES:
            hosts[f"{self.word()}{self.word()}.{self.random.choice(ENDS)}"] = None
        self.hosts = list(hosts)

    def word(self) -> str:
        return self.random.choice(self.words)

    def host(self) -> str:
        if self.random.random() < 0.5:
            return self.random.choice(("", "www.")) + self.random.choice(self.hosts)
        return f"{self.word()}.{self.word()}.{self.random.choice(ENDS)}"

    def path(self) -> str:
        end = self.random.choice((".html", "", ".zip", "?q=" + self.word()))
        return f"/{self.word()}/{self.random.randrange(100_000)}{end}"

    def urls(self, count: int, *, per_host: int) -> list[str]:
        hosts = [self.host() for _ in range(count // per_host)]
        urls = [f"http://{host}{self.path()}" for host in hosts for _ in range(per_host)]
        if per_host == 1:
            self.random.shuffle(urls)
        return urls

    def pattern(self) -> str:
        if self.random.random() < 0.6:
            return rf"^https?://([A-Za-z0-9.-]*\.)?{self.word()}{self.word()}\.com/"
        return rf"/{self.word()}/[0-9]+\.html"

    def patterns(self, count: int) -> tuple[str, ...]:
        return tuple(self.pattern() for _ in range(count))

    def policy(self) -> WebPolicy:
        hour = TimeWindow(start=time(8), end=time(18), weekdays=(0, 1, 2, 3, 4))
        pick = self.random.choice
        action = FilterAction(
            ref="REF_A",
            name="Action",
            categories=(116, 120, 130),
            warn_categories=(134,),
            quota_categories=(115,),
            block_tags=("red",),
            url_whitelist=(
                *(SiteList(ref=f"W{n}", domains=(pick(self.hosts),)) for n in range(300)),
                SiteList(ref="WR", mode="Regex", regexps=self.patterns(PATTERNS // 10)),
            ),
            url_blacklist=(
                SiteList(
                    ref="B",
                    domains=tuple(self.random.sample(self.hosts, 1000)),
                    include_subdomains=True,
                ),
                SiteList(ref="BR", mode="Regex", regexps=self.patterns(PATTERNS // 10)),
            ),
            min_reputation="suspicious",
            extensions=("exe", "scr"),
            extensions_warn=("zip",),
        )
        exceptions = tuple(
            WebException(
                ref=f"E{n}",
                domains=self.patterns(5),
                users=("ann",) if n % 3 == 0 else (),
                skip=("url_filter",) if n % 2 else ("extensions",),
            )
            for n in range(PATTERNS * 8 // 10 // 5)
        )
        rules = (
            PolicyRule(ref="R1", users=("bob",), action_ref="REF_A"),
            PolicyRule(ref="R2", users=("carol",), time=hour, action_ref="REF_A"),
        )
        base = Profile(ref="REF_P", rules=rules, default_action_ref="REF_A", is_base=True)
        local = tuple(
            LocalSite(ref=f"L{n}", site=pick(self.hosts), category=116, tags=("red",))
            for n in range(200)
        )
        return WebPolicy(
            group_ref="REF_G",
            profiles=(base,),
            actions=(action,),
            exceptions=exceptions,
            local_sites=local,
        )

    def write_categories(self, path: Path) -> None:
        kinds = [Category((number,)) for number in range(100, 206)]
        write_category_file(path, ((host, self.random.choice(kinds)) for host in self.hosts))
