"""The wizard: a profile of its own for endpoints, with everything switched on, in one change.

- Steps: groups, filter action, categories, websites, name, review. Each is a form that carries what
  was answered before, so that the wizard keeps nothing and works without JavaScript.
- Provenance: ours. The advice behind it, a profile made for endpoints, is public.
"""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from foundation.errors import DomainError
from utm.webadmin.answers import one_text
from utm.webadmin.errors import problems_of
from utm.webadmin.forms import Choice, FormField, choices_of
from utm.webadmin.page import Page
from utm.webadmin.pages.web_actions import MODES, STATES, category_rows
from utm.webadmin.pages.web_profiles import PATH as PROFILES_PATH
from utm.webadmin.pages.web_wizard_draft import (
    ACTION,
    SITE_LISTS,
    STEPS,
    Draft,
    create_all,
    problems_of_step,
    summary,
)
from utm.webadmin.visit import Visit, visit_of

PATH: Final = "/web-protection/profiles/wizard"
routes = web.RouteTableDef()


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
            choices=choices_of((ACTION,), draft.snapshot),
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
        for name, _attribute, _word in SITE_LISTS
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
