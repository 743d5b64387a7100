"""Web Filtering Profiles: in matching order, each with its policies, the base one last.

- A policy belongs to the profile that it was made in; a new one comes first (documented).
- `cff_profiles` says which, `ordered_cff_profiles` in which order; both are written together.
- The base profile is for everybody: it is last, always on, and cannot be deleted (documented).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from aiohttp import web
from markupsafe import Markup

from utm.confd import BASE_PROFILE, Confd, Edit, NoSuchObjectError, Object, Snapshot
from utm.confd.values import Value
from utm.webadmin.forms import Fieldset, FormPlan
from utm.webadmin.markup import pill
from utm.webadmin.object_pages import Column, ObjectPages
from utm.webadmin.ordering import reordered
from utm.webadmin.page import Page
from utm.webadmin.pages.objects import names_column
from utm.webadmin.pages.web_findings import more_findings
from utm.webadmin.visit import Visit, visit_of

PATH: Final = "/web-protection/profiles/profiles"
POLICIES_PATH: Final = "/web-protection/filtering/policies"
_ONE: Final = f"{PATH}/{{ref:REF_[A-Za-z0-9_]+}}/policies"
HTTPS: Final = {
    "no_https_filtering": "Do not filter HTTPS",
    "simple_https_filtering": "By the host name only",
    "selective_https_scanning": "Decrypt some sites",
    "full_https_scanning": "Decrypt and scan",
}
_HTTPS_SHORT: Final = {
    "no_https_filtering": "not filtered",
    "simple_https_filtering": "by\u00a0host",
    "selective_https_scanning": "some decrypted",
    "full_https_scanning": "decrypted",
}
routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy of a profile as the page shows it."""

    policy: Object
    users: str
    time: str
    action: Object | None


def policy_refs(profile: Object) -> tuple[str, ...]:
    """Return the policies of a profile in the order of trying, as the compiler does."""
    members = profile.texts("cff_profiles")
    ordered = [ref for ref in profile.texts("ordered_cff_profiles") if ref in members]
    return tuple(dict.fromkeys((*ordered, *members)))


def policy_rows(profile: Object, snapshot: Snapshot) -> list[PolicyRow]:
    """Return the policies of a profile, in order."""
    return [_row(snapshot.get(ref), snapshot) for ref in policy_refs(profile)]


def _row(policy: Object, snapshot: Snapshot) -> PolicyRow:
    users = [snapshot.get(ref).name for ref in policy.texts("aaa")]
    event = snapshot.find(policy.text("time_event"))
    return PolicyRow(
        policy,
        ", ".join(users) or "everybody",
        event.name if event is not None else "always",
        snapshot.find(policy.text("action")),
    )


async def _more(
    visit: Visit, found: Object | None, values: Mapping[str, Value], snapshot: Snapshot
) -> dict[str, Any]:
    given = await more_findings(visit, found, values, snapshot)
    is_base = found is not None and found.ref == BASE_PROFILE
    left_out = {"status", "networks", "endpoints_groups"} if is_base else set()
    has_web_control = bool(snapshot.node("epp.status.wc"))
    if not has_web_control:
        left_out.add("endpoints_groups")
    return {
        **given,
        "left_out": left_out,
        "is_base": is_base,
        "has_web_control": has_web_control,
        "policies": [] if found is None else policy_rows(found, snapshot),
        "base_action": None if found is None else snapshot.find(found.text("default_cff_action")),
    }


def _status(one: Object, _snapshot: Snapshot) -> Markup:
    if one.ref == BASE_PROFILE:
        return pill("base", "info")
    return pill("on", "ok") if one.is_on("status") else pill("off")


def _everybody_if_base(title: str, attribute: str, none: str) -> Column:
    column = names_column(title, attribute, none=none)

    def cell(one: Object, snapshot: Snapshot) -> Any:
        return "everybody" if one.ref == BASE_PROFILE else column.cell(one, snapshot)

    return Column(title, cell)


PROFILES: Final = ObjectPages(
    "http/profile",
    PATH,
    "profile",
    plan=FormPlan(
        fieldsets=(
            Fieldset("", ("name", "status", "comment")),
            Fieldset("For whom", ("endpoints_groups", "networks")),
            Fieldset("Base policy", ("default_cff_action",)),
            Fieldset("HTTPS", ("scan_ssl_opt",)),
            Fieldset(
                "What is decrypted",
                ("selective_scan_cat", "selective_scan_tags"),
                help="Asked only when some sites are decrypted.",
                is_folded=True,
            ),
            Fieldset(
                "Authentication at the gateway",
                (
                    "aua",
                    "ntlm",
                    "edir_sso",
                    "opendirectory_auth",
                    "block_on_auth_failed",
                    "enable_device_auth",
                    "device_auth",
                    "transparent",
                    "full_transparent",
                    "transparent_auth",
                    "transparent_aac",
                    "out_interface",
                ),
                help="Stored. Endpoints use whoever is logged on.",
                is_folded=True,
            ),
        ),
        hidden=frozenset({"cff_profiles", "ordered_cff_profiles", "in_progress"}),
        labels={
            "status": "Enabled",
            "endpoints_groups": "Allowed endpoint groups",
            "networks": "Allowed networks",
            "default_cff_action": "Filter action of the base policy",
            "scan_ssl_opt": "At the gateway",
            "selective_scan_cat": "Decrypt these categories",
            "selective_scan_tags": "Decrypt sites with these tags",
            "aua": "Authenticate users",
            "ntlm": "Active Directory SSO",
            "edir_sso": "eDirectory SSO",
            "opendirectory_auth": "Open Directory SSO",
        },
        help={
            "endpoints_groups": "Away from the office the first profile of a computer's group "
            "decides. The default group here stands for every group.",
            "networks": "At the office the first profile with the source address decides. "
            "Without networks this profile decides for nobody there.",
            "default_cff_action": "For whatever no policy of this profile applies to.",
            "scan_ssl_opt": "Endpoints see the host of HTTPS and nothing more in any case.",
        },
        words={"scan_ssl_opt": HTTPS},
        defaults={"status": True, "scan_ssl_opt": "simple_https_filtering"},
    ),
    badge=_status,
    columns=(
        _everybody_if_base("Endpoint groups", "endpoints_groups", "none"),
        _everybody_if_base("Networks", "networks", "none"),
        Column("Policies", lambda one, _: len(policy_refs(one))),
        names_column("Base policy", "default_cff_action"),
        Column("HTTPS", lambda one, _: _HTTPS_SHORT.get(one.text("scan_ssl_opt"), "")),
    ),
    intro="The first profile that fits decides: by endpoint group, at the office by network.",
    is_ordered=True,
    template="web_profiles/profile.html",
    more=_more,
)


def _profiles_with(one: Object, snapshot: Snapshot) -> str:
    profiles = snapshot.of_class("http", "profile")
    names = [each.name for each in profiles if one.ref in each.texts("cff_profiles")]
    return ", ".join(names) or "in none: it never applies"


POLICIES: Final = ObjectPages(
    "http/cff_profile",
    POLICIES_PATH,
    "policy",
    plan=FormPlan(
        fieldsets=(
            Fieldset("", ("name", "comment")),
            Fieldset("For whom and when", ("aaa", "time_event")),
            Fieldset("What happens", ("action",)),
            Fieldset("At the gateway", ("skip_auth",), is_folded=True),
        ),
        hidden=frozenset({"cff_profile_name", "in_progress"}),
        labels={
            "aaa": "Users and groups",
            "time_event": "Time",
            "action": "Filter action",
            "skip_auth": "Without authentication",
        },
        help={"aaa": "None chosen means everybody.", "time_event": "None means always."},
    ),
    columns=(
        Column("Profile", _profiles_with),
        names_column("Users", "aaa", none="everybody"),
        names_column("Time", "time_event", none="always"),
        names_column("Filter action", "action"),
    ),
    intro="The policies of all profiles. A new one goes on top of the base profile; those of "
    "another profile are made on its page, where their order is.",
    template="web_objects/form.html",
    more=more_findings,
)


def _policies_of(profile_ref: str) -> ObjectPages:
    """Return pages that make a policy on top of a profile's."""

    def put_on_top(edit: Edit, ref: str, _attributes: Mapping[str, Value]) -> None:
        _set_policies(edit, profile_ref, (ref, *policy_refs(edit.get(profile_ref))))

    return replace(POLICIES, path=f"{PATH}/{profile_ref}/policies", after_save=put_on_top)


def _set_policies(edit: Edit, profile_ref: str, refs: tuple[str, ...]) -> None:
    edit.change(profile_ref, {"cff_profiles": refs, "ordered_cff_profiles": refs})


async def _profile(visit: Visit) -> Object:
    ref = visit.request.match_info.get("ref", BASE_PROFILE)
    found = await visit.read(lambda db: Confd(db).find(ref))
    if found is None or found.full_type != PROFILES.full_type:
        raise NoSuchObjectError(ref)
    return found


@routes.get(_ONE)
async def show_policies(request: web.Request) -> web.Response:
    """Lead to where the policies of a profile are."""
    profile = await _profile(visit_of(request))
    return visit_of(request).go(f"{PATH}/{profile.ref}#policies")


@routes.get(f"{_ONE}/new")
@routes.get(f"{POLICIES_PATH}/new")
async def show_new_policy(request: web.Request) -> web.Response:
    """Ask for a new policy of a profile, the base one where none is named."""
    profile = await _profile(visit_of(request))
    return await _policies_of(profile.ref).show_new(request)


@routes.post(f"{_ONE}/new")
@routes.post(f"{POLICIES_PATH}/new")
async def create_policy(request: web.Request) -> web.Response:
    """Make a policy and put it on top of the profile's."""
    profile = await _profile(visit_of(request))
    return await _policies_of(profile.ref).create(request)


@routes.post(f"{_ONE}/order")
async def order_policies(request: web.Request) -> web.Response:
    """Put the policies of a profile in another order."""
    visit = visit_of(request)
    profile = await _profile(visit)

    def order(edit: Edit) -> None:
        refs = policy_refs(edit.get(profile.ref))
        _set_policies(edit, profile.ref, reordered(refs, visit.form))

    await visit.edit(f"order of the policies of {profile.name} changed", order)
    return visit.go(f"{PATH}/{profile.ref}#policies")


@routes.post(f"{_ONE}/remove")
async def remove_policy(request: web.Request) -> web.Response:
    """Take a policy out of a profile, and delete it where nothing else uses it."""
    visit = visit_of(request)
    profile, gone = await _profile(visit), visit.form.get("remove", "")

    def remove(edit: Edit) -> None:
        refs = policy_refs(edit.get(profile.ref))
        if gone not in refs:
            raise NoSuchObjectError(gone)
        _set_policies(edit, profile.ref, tuple(ref for ref in refs if ref != gone))
        if not edit.used_by(gone).objects:
            edit.delete(gone)

    await visit.edit(f"policy {gone} of {profile.name} removed", remove)
    return visit.go(f"{PATH}/{profile.ref}#policies")


PARENT_PROXIES: Final = ObjectPages(
    "http/parent_proxy",
    "/web-protection/profiles/parent-proxies",
    "parent proxy",
    plan=FormPlan(
        fieldsets=(Fieldset("", ("name", "target", "port", "user", "pass", "match", "comment")),),
        labels={"target": "Proxy", "user": "User name", "pass": "Password", "match": "For hosts"},
    ),
    columns=(names_column("Proxy", "target"),),
    intro="Stored. Neither the gateway here nor endpoints go through parent proxies.",
)
PAGE = Page(routes=routes, objects=(PROFILES, POLICIES, PARENT_PROXIES))
