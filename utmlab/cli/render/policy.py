"""A web policy as text: what is set, nothing else.

- Every attribute that differs from an empty object is shown under its own name.

Provenance: ours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any

from foundation.categories.names import category_name
from foundation.webfilter.policy import FilterAction, Profile, SiteList, WebException, WebPolicy
from utm.web_policy import CompileWarning

_CATEGORIES = frozenset({"categories", "warn_categories", "quota_categories"})
_HEAD = frozenset({"ref", "name"})


def policy_text(policy: WebPolicy, warnings: Iterable[CompileWarning]) -> str:
    """Return the policy of an endpoint group."""
    switched = "on" if policy.web_control else "off"
    blocks = [f"{policy.group_name} ({policy.group_ref})  Web Control {switched}"]
    blocks += [_profile(policy, one) for one in policy.profiles]
    blocks += [_titled("filter action", one) for one in policy.actions]
    blocks += [_titled("exception", one) for one in policy.exceptions]
    if policy.local_sites:
        sites = (_described(one, frozenset()) for one in policy.local_sites)
        blocks.append("\n".join(["local sites", *(f"  {', '.join(site)}" for site in sites)]))
    blocks += [f"warning: {one}" for one in warnings]
    return "\n\n".join(blocks)


def policy_record(policy: WebPolicy, warnings: Iterable[CompileWarning]) -> dict[str, Any]:
    """Return the policy as JSON values."""
    return {
        "policy": _plain(asdict(policy)),
        "warnings": [_plain(asdict(one)) for one in warnings],
    }


def edit_text(done: Mapping[str, Any]) -> str:
    """Return what `policy block`, `warn` and `allow` did."""
    verb = {"block": "is blocked", "warn": "is warned of", "allow": "is allowed"}[done["action"]]
    objects = ", ".join(done["objects"]) or "none, it was so already"
    changeset = done["changeset"] or "none, endpoints are not concerned"
    return (
        f"{done['host']} {verb} for {done['group_name']} ({done['group_ref']})\n"
        f"filter action  {done['filter_action_name']} ({done['filter_action_ref']})\n"
        f"objects        {objects}\n"
        f"change         {done['change']}\n"
        f"changeset      {changeset}"
    )


def _profile(policy: WebPolicy, profile: Profile) -> str:
    lines = [f"profile {profile.name} ({profile.ref})"]
    for number, rule in enumerate(profile.rules, 1):
        who = ", ".join(rule.users) or "everybody"
        when = rule.time.name or rule.time.ref if rule.time else "always"
        action = _action_name(policy, rule.action_ref)
        lines.append(f"  policy {number}: {rule.name} ({rule.ref}): {who}, {when}: {action}")
    lines.append(f"  otherwise: {_action_name(policy, profile.default_action_ref)}")
    return "\n".join(lines)


def _action_name(policy: WebPolicy, ref: str) -> str:
    found = policy.action(ref)
    return f"{found.name} ({ref})" if found is not None else ref


def _titled(kind: str, one: FilterAction | WebException) -> str:
    lines = [f"{kind} {one.name} ({one.ref})"]
    return "\n".join([*lines, *(f"  {line}" for line in _described(one, _HEAD))])


def _described(one: Any, without: frozenset[str]) -> list[str]:
    """Return `name: value` for each attribute that is required or differs from its default."""
    lines = []
    for field in fields(one):
        value = getattr(one, field.name)
        if field.name not in without and (field.default is MISSING or value != field.default):
            lines.append(f"{field.name}: {_value(field.name, value)}")
    return lines


def _value(name: str, value: Any) -> str:
    if isinstance(value, SiteList):
        below = " and below" if value.include_subdomains else ""
        return f"{', '.join((*value.domains, *value.regexps))}{below} ({value.ref})"
    if isinstance(value, tuple):
        if name in _CATEGORIES:
            return ", ".join(f"{one} {category_name(one) or '?'}" for one in value)
        return ", ".join(_value(name, one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _plain(value: Any) -> Any:
    """Return JSON values; dates and times become ISO 8601 text."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
