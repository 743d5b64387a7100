"""Filter Actions: what is allowed, warned of and blocked, with all categories in one table.

- What an object holds as a mode and three lists is shown as one choice per category: mode allow
  lists what is blocked, mode deny what is allowed (inferred; as the filter itself reads them).
- The table's answers are turned into the lists of the mode that was posted with them, so that
  changing the mode keeps every choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from multidict import MultiMapping

from utm.confd import Object, Snapshot
from utm.confd.classes import ObjectClass
from utm.confd.values import Value
from utm.webadmin.answers import Answers, read_answers
from utm.webadmin.filters import shortened
from utm.webadmin.forms import Fieldset, FormPlan
from utm.webadmin.object_pages import Column, ObjectPages
from utm.webadmin.page import Page
from utm.webadmin.pages.web_findings import more_findings
from utm.webadmin.visit import Visit

PATH: Final = "/web-protection/profiles/actions"
MODES: Final = {"allow": "Allow, except what is below", "deny": "Block, except what is below"}
STATES: Final = {"allow": "Allow", "warn": "Warn", "quota": "Quota", "block": "Block"}
CATEGORY: Final = "category."
"""The table's controls are called `category.REF`."""
_LISTS: Final = ("sp_categories", "sp_categories_warn", "sp_categories_quota")
_SITE_STATES: Final = {"allow": "Allow", "warn": "Warn", "block": "Block", "quota": "Quota"}
_THRESHOLDS: Final = {
    "off": "off: any reputation",
    "malicious": "Malicious or better",
    "suspicious": "Suspicious or better",
    "unverified": "Unverified or better",
    "neutral": "Neutral or better",
    "trusted": "Trusted only",
}
_ON_OFF: Final = {"off": "off", "on": "on"}


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """One category of the table: its state, and what of the database it stands for."""

    ref: str
    name: str
    state: str
    holds: str


def category_state(ref: str, values: Mapping[str, Value]) -> str:
    """Return what a filter action does with a category: allow, warn, quota or block."""
    listed, warned, quota = (ref in values[name] for name in _LISTS)
    is_deny = values["mode"] == "deny"
    if listed and not is_deny:
        return "block"
    if quota:
        return "quota"
    if warned:
        return "warn"
    return "block" if is_deny and not listed else "allow"


def category_lists(mode: str, states: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the lists of a filter action of a mode for a state per category."""
    listed = "allow" if mode == "deny" else "block"
    wanted = dict(zip(_LISTS, (listed, "warn", "quota"), strict=True))
    return {
        name: tuple(ref for ref, state in states.items() if state == word)
        for name, word in wanted.items()
    }


def category_rows(values: Mapping[str, Value], snapshot: Snapshot) -> list[CategoryRow]:
    """Return the table for a filter action with these attributes, by name."""
    categories = sorted(
        snapshot.of_class("http", "sp_category"), key=lambda one: (one.name.casefold(), one.ref)
    )
    return [
        CategoryRow(one.ref, one.name, category_state(one.ref, values), _holds(one, snapshot))
        for one in categories
    ]


def posted_states(form: MultiMapping[str]) -> dict[str, str]:
    """Return the table's answers: a state by category."""
    return {
        name.removeprefix(CATEGORY): state
        for name, state in form.items()
        if name.startswith(CATEGORY) and state in STATES
    }


def _read(of: ObjectClass, form: MultiMapping[str]) -> Answers:
    answers = read_answers(of, form)
    states = posted_states(form)
    mode = answers.attributes.get("mode")
    if not states or mode not in MODES:
        return answers
    return Answers({**answers.attributes, **category_lists(mode, states)}, answers.problems)


def _holds(category: Object, snapshot: Snapshot) -> str:
    return ", ".join(snapshot.get(ref).name for ref in category.texts("subcats"))


async def _more(
    visit: Visit, found: Object | None, values: Mapping[str, Value], snapshot: Snapshot
) -> dict[str, Any]:
    given = await more_findings(visit, found, values, snapshot)
    quota = snapshot.node("http.epp_quota_action")
    return {**given, "rows": category_rows(values, snapshot), "states": STATES, "quota": quota}


def _summary(one: Object, snapshot: Snapshot) -> str:
    states = [row.state for row in category_rows(one.attributes, snapshot)]
    counts = [(word, states.count(word)) for word in ("block", "warn", "quota")]
    return ", ".join(f"{count} {word}" for word, count in counts if count) or "all allowed"


def _used_by(one: Object, snapshot: Snapshot) -> str:
    names = [
        each.name
        for each in (
            *snapshot.of_class("http", "profile"),
            *snapshot.of_class("http", "cff_profile"),
        )
        if one.ref in (each.attributes.get("default_cff_action"), each.attributes.get("action"))
    ]
    return shortened(", ".join(names), 120) or "nothing"


def _lists(one: Object, _snapshot: Snapshot) -> str:
    allowed, blocked = len(one.texts("url_whitelist")), len(one.texts("url_blacklist"))
    return f"{allowed} allow, {blocked} block" if allowed or blocked else "none"


ACTIONS: Final = ObjectPages(
    "http/cff_action",
    PATH,
    "filter action",
    plan=FormPlan(
        fieldsets=(
            Fieldset("", ("name", "mode", "comment")),
            Fieldset("Sites", ("uncategorized_websites", "sp_minreputation", "spyware")),
            Fieldset("Websites", ("url_blacklist", "url_whitelist")),
            Fieldset("Tagged websites", ("block_tags", "warn_tags", "quota_tags", "allow_tags")),
            Fieldset(
                "Downloads",
                (
                    "extensions",
                    "extensions_warn",
                    "contenttype_blacklist",
                    "contenttype_blacklist_warn",
                ),
            ),
            Fieldset("SafeSearch", ("google_safesearch", "bing_safesearch", "yahoo_safesearch")),
            Fieldset("Logging", ("log_access", "log_blocked")),
            Fieldset(
                "Only at the gateway",
                (
                    "quota_time",
                    "av",
                    "av_engines",
                    "pua",
                    "sandbox",
                    "check_max_download",
                    "max_download_size",
                    "max_filesize",
                    "script_removal",
                    "embedded_removal",
                    "creative_commons_filter",
                    "googleappdomains_enabled",
                    "googleappdomains",
                    "parent_proxies",
                ),
                help="Stored, and not done by endpoints.",
                is_folded=True,
            ),
        ),
        hidden=frozenset(_LISTS),
        labels={
            "uncategorized_websites": "Uncategorized websites",
            "sp_minreputation": "Least reputation",
            "spyware": "Block spyware sites and infected hosts",
            "url_blacklist": "Block these websites",
            "url_whitelist": "Allow these websites",
            "block_tags": "Block",
            "warn_tags": "Warn of",
            "quota_tags": "Quota for",
            "allow_tags": "Allow",
            "extensions": "Blocked file extensions",
            "extensions_warn": "File extensions to warn of",
            "contenttype_blacklist": "Blocked MIME types",
            "contenttype_blacklist_warn": "MIME types to warn of",
            "google_safesearch": "Google",
            "bing_safesearch": "Bing",
            "yahoo_safesearch": "Yahoo",
            "log_access": "Log accessed pages",
            "log_blocked": "Log blocked pages",
            "av": "Antivirus scanning",
            "av_engines": "Engines",
            "pua": "Unwanted applications",
            "quota_time": "Quota (minutes)",
            "googleappdomains_enabled": "Restrict application domains",
            "googleappdomains": "Allowed application domains",
        },
        help={
            "mode": "Also holds for categories that the table does not show.",
            "sp_minreputation": "A site below it is blocked.",
            "url_whitelist": "A website on both lists is allowed, unless a switch says otherwise.",
            "extensions": "One per line, such as exe.",
            "contenttype_blacklist": "One per line, such as video/mp4 or video/*.",
            "google_safesearch": "Enforced where the URL is seen: not inside HTTPS.",
        },
        words={
            "mode": MODES,
            "uncategorized_websites": _SITE_STATES,
            "sp_minreputation": _THRESHOLDS,
            "google_safesearch": _ON_OFF,
            "bing_safesearch": _ON_OFF,
            "yahoo_safesearch": _ON_OFF,
        },
        defaults={"mode": "allow", "log_access": True, "log_blocked": True},
    ),
    columns=(
        Column("Mode", lambda one, _: MODES.get(one.text("mode"), "").partition(",")[0]),
        Column("Categories", _summary),
        Column("Website lists", _lists),
        Column("Used by", _used_by),
    ),
    intro="What happens with websites, by list, tag, category and reputation. Profiles and their "
    "policies use filter actions.",
    template="web_actions/form.html",
    read=_read,
    more=_more,
)
PAGE = Page(routes=web.RouteTableDef(), objects=(ACTIONS,))
