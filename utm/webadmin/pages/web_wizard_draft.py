"""What the wizard was told so far: what is wrong with it, what it amounts to, and making it. Pure.

- The draft is a view on the posted form, which carries every step's answers.
"""

from dataclasses import dataclass
from typing import Final

from multidict import MultiMapping

from utm.confd import Edit, Object, Snapshot
from utm.confd.classes import object_class
from utm.confd.values import Value
from utm.webadmin.answers import one_text, text_lines
from utm.webadmin.forms import default_attributes
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
ACTION: Final = "http/cff_action"
SITE_LISTS: Final = (
    ("block", "url_blacklist", "blocked"),
    ("allow", "url_whitelist", "allowed"),
)


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
        return found if found is not None and found.full_type == ACTION else None

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
        values = default_attributes(object_class(ACTION), ACTIONS.plan)
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
    for name, _attribute, _word in SITE_LISTS:
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
    for field, attribute, word in SITE_LISTS:
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
            for name, _attribute, word in SITE_LISTS
            if draft.is_new_action and draft.sites(name)
        ],
        switched_on=switched,
        has_default=snapshot.default_group_ref in draft.groups,
    )
