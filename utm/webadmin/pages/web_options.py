"""Filtering Options: exceptions, websites, website lists, tags and categories."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from markupsafe import Markup

from foundation.categories.names import CATEGORY_NAMES
from utm.confd import Object, Snapshot
from utm.confd.values import Value
from utm.webadmin.filters import counted, shortened
from utm.webadmin.forms import Fieldset, FormPlan
from utm.webadmin.listing import listing
from utm.webadmin.markup import yes_no
from utm.webadmin.object_pages import Column, ObjectPages
from utm.webadmin.page import Page
from utm.webadmin.pages.objects import names_column, text_column
from utm.webadmin.pages.web_findings import more_findings
from utm.webadmin.pages.web_patterns import judge_lines, pattern_problem, site_problem
from utm.webadmin.visit import visit_of

BASE: Final = "/web-protection/options"
CATEGORY_IDS: Final = f"{BASE}/category-ids"
FORM: Final = "web_objects/form.html"
routes = web.RouteTableDef()

SKIPS: Final = {
    "user_auth": "Authentication",
    "cache": "Caching",
    "check_max_download": "Download size",
    "av": "Antivirus",
    "sandbox": "Sandbox",
    "extensions": "Extension blocking",
    "contenttype_blacklist": "MIME type blocking",
    "url_filter": "URL filter",
    "content_removal": "Content removal",
    "ssl_scanning": "SSL scanning",
    "certcheck": "Certificate trust check",
    "certdate": "Certificate date check",
    "patience": "Download patience page",
    "log_access": "Logging of accessed pages",
    "log_blocked": "Logging of blocked pages",
}
REPUTATIONS: Final = {
    "off": "as the database says",
    "trusted": "Trusted",
    "neutral": "Neutral",
    "unverified": "Unverified",
    "suspicious": "Suspicious",
    "malicious": "Malicious",
}
_CRITERIA: Final = {
    "networks": ("network", ""),
    "aaa": ("user or group", "users and groups"),
    "domains": ("pattern", ""),
    "sp_categories": ("category", "categories"),
    "tags": ("tag", ""),
    "user_agents": ("user agent", ""),
    "endpoints_groups": ("endpoint group", ""),
}
_PATTERN_HELP: Final = (
    "One regular expression per line (RE2), searched in the whole URL: begin with ^https?:// and "
    "end a host with /. Of HTTPS only the host is seen."
)


def _criteria(one: Object, _snapshot: Snapshot) -> str:
    """Return what an exception asks, in a few words."""
    asked = [
        counted(len(one.texts(name)), *words)
        for name, words in _CRITERIA.items()
        if one.texts(name)
    ]
    word = " and " if one.text("operator") == "AND" else " or "
    return word.join(asked) or "nothing: it never applies"


def _skipped(one: Object, _snapshot: Snapshot) -> str:
    titles = [SKIPS.get(word, word) for word in one.texts("skiplist")]
    return shortened(", ".join(titles), 120) or "nothing"


def _judge_exception(attributes: Mapping[str, Value], found: Object | None) -> dict[str, str]:
    return judge_lines(attributes, found, {"domains": pattern_problem})


EXCEPTIONS: Final = ObjectPages(
    "http/exception",
    f"{BASE}/exceptions",
    "exception",
    plan=FormPlan(
        fieldsets=(
            Fieldset("", ("name", "status", "comment")),
            Fieldset("Skip these checks", ("skiplist",)),
            Fieldset(
                "For all requests",
                ("operator", "domains", "networks", "aaa", "endpoints_groups"),
                help="What is left empty is not asked.",
            ),
            Fieldset("More criteria", ("sp_categories", "tags", "user_agents")),
        ),
        labels={
            "status": "Enabled",
            "skiplist": "Checks",
            "operator": "Join the criteria by",
            "domains": "Matching these URLs",
            "networks": "Coming from these source networks",
            "aaa": "Coming from these users and groups",
            "endpoints_groups": "Coming from computers of these endpoint groups",
            "sp_categories": "Going to these categories",
            "tags": "Going to sites with these tags",
            "user_agents": "User agents",
        },
        help={
            "domains": _PATTERN_HELP,
            "skiplist": "Without the URL filter no category is logged, and reports show such "
            "requests as Uncategorized.",
            "user_agents": "One per line; part of what the browser says of itself.",
        },
        words={
            "skiplist": SKIPS,
            "operator": {"OR": "OR: any of them", "AND": "AND: every one of them"},
        },
        defaults={"status": True},
    ),
    columns=(
        Column("Status", lambda one, _: yes_no(one.is_on("status"))),
        Column("Skips", _skipped),
        Column("When", _criteria),
    ),
    intro="An exception skips checks for what it matches, in every profile.",
    is_ordered=True,
    template=FORM,
    judge=_judge_exception,
    more=more_findings,
)


def _judge_site(attributes: Mapping[str, Value], _found: Object | None) -> dict[str, str]:
    problem = site_problem(attributes.get("site", "example.com"))
    return {"site": problem} if problem else {}


SITES: Final = ObjectPages(
    "http/local_site",
    f"{BASE}/websites",
    "website",
    plan=FormPlan(
        fieldsets=(
            Fieldset("", ("name", "site", "include_subdomains", "comment")),
            Fieldset("What it counts as", ("category", "reputation")),
            Fieldset("Tags", ("tags",)),
        ),
        labels={"site": "Website", "include_subdomains": "Its subdomains too"},
        help={
            "site": "A host such as example.com, or a part of a site such as example.com/blog.",
            "category": "Instead of the database's; none leaves it as it is.",
            "tags": "Filter actions and exceptions say what a tag does.",
        },
        words={"reputation": REPUTATIONS},
        defaults={"include_subdomains": True},
    ),
    columns=(
        text_column("Website", "site"),
        names_column("Category", "category"),
        Column("Reputation", lambda one, _: REPUTATIONS.get(one.text("reputation"), "")),
        names_column("Tags", "tags"),
    ),
    intro="Overrides the category or the reputation of a website, and gives it tags.",
    is_ordered=True,
    template=FORM,
    judge=_judge_site,
    more=more_findings,
)


def _judge_list(attributes: Mapping[str, Value], found: Object | None) -> dict[str, str]:
    return judge_lines(attributes, found, {"domain": site_problem, "regexps": pattern_problem})


def _entries(one: Object, _snapshot: Snapshot) -> str:
    if one.text("mode") == "Regex":
        return counted(len(one.texts("regexps")), "pattern")
    return counted(len(one.texts("domain")), "domain")


def _first_entries(one: Object, _snapshot: Snapshot) -> Markup:
    entries = one.texts("regexps" if one.text("mode") == "Regex" else "domain")
    return Markup('<span class="mono">{}</span>').format(shortened(", ".join(entries[:3]), 60))


LISTS: Final = ObjectPages(
    "http/domain_regex",
    f"{BASE}/lists",
    "website list",
    plan=FormPlan(
        fieldsets=(
            Fieldset("", ("name", "mode", "comment")),
            Fieldset("Domains", ("domain", "include_subdomains")),
            Fieldset("Patterns", ("regexps", "restrict_regex")),
        ),
        labels={
            "mode": "The list holds",
            "include_subdomains": "Their subdomains too",
            "regexps": "Regular expressions",
            "restrict_regex": "Try them only at the domains above",
        },
        help={
            "domain": "One per line; thousands can be pasted.",
            "regexps": _PATTERN_HELP,
        },
        words={"mode": {"Domain": "Domains", "Regex": "Regular expressions"}},
        defaults={"mode": "Domain", "include_subdomains": True},
    ),
    columns=(Column("Entries", _entries), Column("Begins with", _first_entries)),
    intro="Filter actions allow or block what a list names, before they look at categories.",
    template=FORM,
    judge=_judge_list,
    more=more_findings,
)

TAGS: Final = ObjectPages(
    "http/lsl_tag",
    f"{BASE}/tags",
    "tag",
    columns=(
        Column(
            "Websites",
            lambda one, snapshot: sum(
                one.ref in site.texts("tags") for site in snapshot.of_class("http", "local_site")
            ),
        ),
    ),
    intro="A tag is a name for websites of your own choice.",
)

CATEGORIES: Final = ObjectPages(
    "http/sp_category",
    f"{BASE}/categories",
    "category",
    plan=FormPlan(
        fieldsets=(Fieldset("", ("name", "comment")), Fieldset("Holds", ("subcats",))),
        labels={"subcats": "Categories of the database"},
        hidden=frozenset({"id"}),
    ),
    columns=(
        Column("Holds", lambda one, _: len(one.texts("subcats"))),
        names_column("Such as", "subcats"),
    ),
    intro="Filter actions speak of these; each stands for categories of the database, which logs "
    "name by their ids.",
    more=more_findings,
    template=FORM,
)


def category_rows(snapshot: Snapshot) -> list[tuple[int, str, list[Object]]]:
    """Return every id of the database with its name and the categories that hold it."""
    holders: dict[str, list[Object]] = {}
    for category in snapshot.of_class("http", "sp_category"):
        for ref in category.texts("subcats"):
            holders.setdefault(snapshot.get(ref).text("id"), []).append(category)
    return [(id_, name, holders.get(str(id_), [])) for id_, name in CATEGORY_NAMES.items()]


@routes.get(CATEGORY_IDS)
async def show_ids(request: web.Request) -> web.Response:
    """Show the ids that web logs carry."""
    visit = visit_of(request)
    rows = category_rows(await visit.snapshot())
    found = listing(
        rows,
        visit.query,
        text_of=lambda row: f"{row[0]} {row[1]} {' '.join(one.name for one in row[2])}",
        per_page=len(rows),
    )
    return visit.page("web_options/category_ids.html", listing=found)


PAGE = Page(routes=routes, objects=(EXCEPTIONS, SITES, LISTS, TAGS, CATEGORIES))
