"""The wizard: a profile of its own for endpoints, with everything switched on, in one change.

- Steps: groups, filter action, categories, websites, name, review. Each is a form that carries what
  was answered before, so that the wizard keeps nothing and works without JavaScript.
- Provenance: ours. The advice behind it, a profile made for endpoints, is public.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from multidict import MultiMapping

from foundation.errors import DomainError
from utm.confd import Edit, Object, Snapshot
from utm.confd.classes import object_class
from utm.confd.values import Value
from utm.webadmin.errors import problems_of
from utm.webadmin.forms import (
    Choice,
    FormField,
    choices_of,
    default_attributes,
    one_text,
    text_lines,
)
from utm.webadmin.page import Page
from utm.webadmin.pages.web_actions import (
    ACTIONS,
    CATEGORY,
    MODES,
    STATES,
    category_lists,
    category_rows,
    posted_states,
)
from utm.webadmin.pages.web_patterns import lines_problem, site_problem
from utm.webadmin.pages.web_profiles import PATH as PROFILES_PATH
from utm.webadmin.visit import Visit, visit_of

PATH: Final = "/web-protection/profiles/wizard"
STEPS: Final = {
    "groups": "Groups",
    "action": "Filter action",
    "categories": "Categories",
    "websites": "Websites",
    "name": "Name",
    "review": "Review",
}
_ONLY_FOR_NEW: Final = frozenset({"categories", "websites"})
_OF_STEP: Final = {
    "groups": ("groups", "networks"),
    "action": ("start", "source"),
    "categories": ("mode", "uncategorized"),
    "websites": ("block", "allow"),
    "name": ("name", "comment"),
    "review": (),
}
_STARTS: Final = ("new", "copy", "use")
_ACTION: Final = "http/cff_action"
_SITE_LISTS: Final = (
    ("block", "url_blacklist", "blocked"),
    ("allow", "url_whitelist", "allowed"),
)
routes = web.RouteTableDef()


class Draft:
    """What was answered so far; a view on the posted form.

    Args:
        form: Of this step and all before.
        snapshot: The configuration.
    """

    def __init__(self, form: MultiMapping[str], snapshot: Snapshot) -> None:
        self.form = form
        self.snapshot = snapshot
        self.groups = tuple(dict.fromkeys(form.getall("groups", [])))
        self.networks = tuple(dict.fromkeys(form.getall("networks", [])))
        self.start = form.get("start", "new")
        self.source_ref = form.get("source", "")
        self.name = form.get("name", "")
        self.comment = form.get("comment", "")

    @property
    def source(self) -> Object | None:
        """The filter action to copy or to use."""
        found = self.snapshot.find(self.source_ref)
        return found if found is not None and found.full_type == _ACTION else None

    @property
    def is_new_action(self) -> bool:
        """Whether a filter action is made."""
        return self.start != "use"

    def sites(self, name: str) -> tuple[str, ...]:
        """Return the websites to block or to allow.

        Raises:
            ValueError: If a line holds control characters.
        """
        return text_lines(self.form.get(name, ""))

    def action_attributes(self) -> dict[str, Value]:
        """Return the filter action as the categories' step leaves it, without its website lists."""
        values = default_attributes(object_class(_ACTION), ACTIONS.plan)
        if self.start == "copy" and self.source is not None:
            values |= dict(self.source.attributes)
        states = {row.ref: row.state for row in category_rows(values, self.snapshot)}
        mode, uncategorized = self.form.get("mode"), self.form.get("uncategorized")
        values["mode"] = mode if mode in MODES else values["mode"]
        if uncategorized in STATES:
            values["uncategorized_websites"] = uncategorized
        known = {ref: state for ref, state in posted_states(self.form).items() if ref in states}
        return values | category_lists(values["mode"], states | known)

    def steps(self) -> list[str]:
        """Return the steps that this draft needs."""
        return [name for name in STEPS if self.is_new_action or name not in _ONLY_FOR_NEW]

    def carried(self, step: str) -> list[tuple[str, str]]:
        """Return what a step's form carries of the others."""
        own = _OF_STEP[step]
        known = {name for names in _OF_STEP.values() for name in names} - set(own)
        return [
            (name, value)
            for name, value in self.form.items()
            if name in known or (name.startswith(CATEGORY) and step != "categories")
        ]


def problems_of_step(step: str, draft: Draft) -> dict[str, str]:
    """Return what is wrong with the answers of a step, by field."""
    if step == "groups":
        found = [draft.snapshot.find(ref) for ref in draft.groups]
        if not found or not all(one and one.full_type == "epp/endpoints_group" for one in found):
            return {"groups": "choose at least one group that is still there"}
    if step == "action":
        if draft.start not in _STARTS:
            return {"start": "choose one"}
        if draft.start != "new" and draft.source is None:
            return {"source": "choose a filter action"}
    if step == "websites" and draft.is_new_action:
        return _problems_of_sites(draft)
    if step == "name":
        return _problems_of_name(draft)
    return {}


def _problems_of_sites(draft: Draft) -> dict[str, str]:
    problems = {}
    for name, _attribute, _word in _SITE_LISTS:
        try:
            problem = lines_problem(draft.sites(name), site_problem)
        except ValueError as error:
            problem = str(error)
        if problem:
            problems[name] = problem
    return problems


def _problems_of_name(draft: Draft) -> dict[str, str]:
    try:
        name = one_text(draft.name)
    except ValueError as error:
        return {"name": str(error)}
    if not name:
        return {"name": "a name is needed"}
    if any(one.name == name for one in draft.snapshot.of_class("http", "profile")):
        return {"name": "another profile has this name"}
    return {}


def create_all(edit: Edit, draft: Draft) -> str:
    """Make the profile and what it needs, switch everything on, and return its reference.

    Raises:
        ConfdError: As `Edit` does; the whole change is off then.
    """
    name = one_text(draft.name)
    comment = " ".join(draft.comment.split())
    action = _create_action(edit, draft, name) if draft.is_new_action else draft.source_ref
    profile = edit.create(
        "http",
        "profile",
        {
            "name": name,
            "comment": comment,
            "status": True,
            "endpoints_groups": draft.groups,
            "networks": draft.networks,
            "default_cff_action": action,
            "scan_ssl_opt": "simple_https_filtering",
        },
    )
    for group in draft.groups:
        edit.change(group, {"web_control": True})
    for switch in ("epp.status.epp", "epp.status.wc"):
        edit.set_node(switch, True)
    return profile


def _create_action(edit: Edit, draft: Draft, name: str) -> str:
    attributes = draft.action_attributes()
    for field, attribute, word in _SITE_LISTS:
        sites = draft.sites(field)
        if sites:
            title = f"{name}: {word} websites"
            values = {"name": title, "mode": "Domain", "domain": sites, "include_subdomains": True}
            made = edit.create("http", "domain_regex", values)
            attributes[attribute] = (*attributes[attribute], made)
    return edit.create("http", "cff_action", {**attributes, "name": name, "comment": ""})


@dataclass(frozen=True, slots=True)
class Summary:
    """What the review shows: what is made, and what is switched on."""

    groups: list[Object]
    networks: list[str]
    action: str
    states: list[tuple[str, list[str]]]
    sites: list[tuple[str, tuple[str, ...]]]
    switched_on: list[str]
    has_default: bool


def summary(draft: Draft) -> Summary:
    """Return what `create_all` would do."""
    snapshot = draft.snapshot
    groups = [snapshot.get(ref) for ref in draft.groups]
    rows = category_rows(draft.action_attributes(), snapshot) if draft.is_new_action else []
    switches = (("epp.status.epp", "Endpoint Protection"), ("epp.status.wc", "Web Control"))
    switched = [title for key, title in switches if not snapshot.node(key)]
    switched += [f"Web Control of {one.name}" for one in groups if not one.is_on("web_control")]
    source = draft.source
    return Summary(
        groups=groups,
        networks=[found.name for ref in draft.networks if (found := snapshot.find(ref))],
        action=source.name if source is not None and not draft.is_new_action else draft.name,
        states=[
            (title, [row.name for row in rows if row.state == state])
            for state, title in STATES.items()
            if any(row.state == state for row in rows)
        ],
        sites=[
            (word, draft.sites(name))
            for name, _attribute, word in _SITE_LISTS
            if draft.is_new_action and draft.sites(name)
        ],
        switched_on=switched,
        has_default=snapshot.default_group_ref in draft.groups,
    )


@routes.get(PATH)
async def begin(request: web.Request) -> web.Response:
    """Show the first step."""
    visit = visit_of(request)
    return _step(visit, Draft(visit.form, await visit.snapshot()), "groups")


@routes.post(PATH)
async def go_on(request: web.Request) -> web.Response:
    """Check a step and show the next, the one before, or the profile that was made."""
    visit = visit_of(request)
    draft = Draft(visit.form, await visit.snapshot())
    steps, here = draft.steps(), visit.form.get("step", "")
    place = steps.index(here) if here in steps else 0
    wanted = visit.form.get("go", "next")
    if wanted == "back":
        return _step(visit, draft, steps[max(place - 1, 0)])
    upto = steps if here == "review" else steps[: place + 1]
    for step in upto:
        problems = problems_of_step(step, draft)
        if problems:
            return _step(visit, draft, step, problems)
    if here == "review":
        return await _create(visit, draft)
    return _step(visit, draft, steps[place + 1])


async def _create(visit: Visit, draft: Draft) -> web.Response:
    try:
        edited = await visit.edit(
            f"profile {one_text(draft.name)} for endpoints made",
            lambda edit: create_all(edit, draft),
        )
    except DomainError as error:
        return _step(visit, draft, "review", problems_of(error))
    await visit.utm.register_if_wanted()
    return visit.go(f"{PROFILES_PATH}/{edited.result}")


def _step(
    visit: Visit, draft: Draft, step: str, problems: Mapping[str, str] | None = None
) -> web.Response:
    said = problems or {}
    fields = {one.name: one for one in _fields(step, draft, said)}
    more: dict[str, Any] = {}
    if step == "categories":
        more["rows"] = category_rows(draft.action_attributes(), draft.snapshot)
    if step == "review":
        more["summary"] = summary(draft)
    return visit.page(
        "web_wizard/wizard.html",
        http_status=422 if said else 200,
        step=step,
        steps=[(name, STEPS[name]) for name in draft.steps()],
        draft=draft,
        fields=fields,
        problems=[text for name, text in said.items() if name not in fields],
        states=STATES,
        quota=draft.snapshot.node("http.epp_quota_action"),
        **more,
    )


def _fields(step: str, draft: Draft, said: Mapping[str, str]) -> list[FormField]:
    made: dict[str, Any] = {
        "groups": _field_of_groups,
        "action": _fields_of_action,
        "categories": _fields_of_categories,
        "websites": _fields_of_websites,
        "name": _fields_of_name,
    }
    return made[step](draft, said) if step in made else []


def _field_of_groups(draft: Draft, said: Mapping[str, str]) -> list[FormField]:
    return [
        FormField(
            name="groups",
            label="Endpoint groups",
            kind="many",
            value=draft.groups,
            choices=choices_of(("epp/endpoints_group",), draft.snapshot),
            help="The default group stands for every group.",
            error=said.get("groups", ""),
        ),
        FormField(
            name="networks",
            label="Source networks at the office",
            kind="many",
            value=draft.networks,
            choices=choices_of(("network/*",), draft.snapshot),
            help="None leaves the office to the profiles that there are.",
        ),
    ]


def _fields_of_action(draft: Draft, said: Mapping[str, str]) -> list[FormField]:
    return [
        FormField(
            name="source",
            label="Filter action to copy or to use",
            kind="one",
            value=draft.source_ref,
            choices=choices_of((_ACTION,), draft.snapshot),
            error=said.get("source", ""),
        )
    ]


def _fields_of_categories(draft: Draft, _said: Mapping[str, str]) -> list[FormField]:
    values = draft.action_attributes()
    return [
        FormField(
            name="mode",
            label="Mode",
            kind="choice",
            value=values["mode"],
            choices=tuple(Choice(word, title) for word, title in MODES.items()),
        ),
        FormField(
            name="uncategorized",
            label="Uncategorized websites",
            kind="choice",
            value=values["uncategorized_websites"],
            choices=tuple(Choice(word, title) for word, title in STATES.items()),
        ),
    ]


def _fields_of_websites(draft: Draft, said: Mapping[str, str]) -> list[FormField]:
    return [
        FormField(
            name=name,
            label=f"Always {name} these websites",
            kind="lines",
            value=draft.form.get(name, ""),
            help="One domain per line; its subdomains count too.",
            error=said.get(name, ""),
        )
        for name, _attribute, _word in _SITE_LISTS
    ]


def _fields_of_name(draft: Draft, said: Mapping[str, str]) -> list[FormField]:
    return [
        FormField(
            name="name",
            label="Name of the profile",
            kind="text",
            value=draft.name,
            is_required=True,
            help="A filter action and website lists that are made get it too.",
            error=said.get("name", ""),
        ),
        FormField(name="comment", label="Comment", kind="area", value=draft.comment),
    ]


PAGE = Page(routes=routes)
