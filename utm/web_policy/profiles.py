"""Which profiles hold for an endpoint group, and their rules.

- A profile applies when it is on and its allowed endpoint groups name the group, or the default
  group: WEB-03, listing Default makes all groups use the profile before the base policy (seed).
- The order is that of node http.profiles; the base profile is always last and always on
  (documented). Source networks mean nothing on a roaming machine, so none are compiled.
- Of a profile's policies `cff_profiles` says which, `ordered_cff_profiles` in which order; those
  that it leaves out follow (inferred from the two names).
- A rule whose users were all resolved to nobody never applies; it is left out, because a rule
  without users would mean everybody.
"""

from foundation.webfilter.policy import PolicyRule, Profile
from utm.confd.objects import Object
from utm.confd.seed import BASE_PROFILE
from utm.web_policy.criteria import time_window, user_names
from utm.web_policy.errors import (
    BaseProfileMissingError,
    GroupGoneError,
    ReferencedObjectGoneError,
)
from utm.web_policy.limits import warn_of_policy, warn_of_profile
from utm.web_policy.reading import Reading


def group_of(reading: Reading, group_ref: str) -> Object:
    """Return the endpoint group.

    Raises:
        GroupGoneError: If there is none of that reference.
    """
    group = reading.snapshot.find(group_ref)
    if group is None or group.full_type != "epp/endpoints_group":
        raise GroupGoneError(group_ref)
    return group


def profiles_of(reading: Reading, group: Object) -> tuple[Object, ...]:
    """Return the profiles that hold for the group, first match first, the base one last.

    Raises:
        BaseProfileMissingError: If there is no base profile.
    """
    default_ref = reading.snapshot.default_group_ref
    dedicated = []
    base = None
    for profile in reading.follow_node("http.profiles"):
        if profile.ref == BASE_PROFILE:
            base = profile
        elif profile.is_on("status"):
            allowed = {each.ref for each in reading.follow_all(profile, "endpoints_groups")}
            if allowed & {group.ref, default_ref}:
                dedicated.append(profile)
    if base is None:
        raise BaseProfileMissingError(f"there is no base profile {BASE_PROFILE}")
    return (*dedicated, base)


def policies_of(reading: Reading, profile: Object) -> tuple[Object, ...]:
    """Return the policies of a profile in the order of trying."""
    members = {each.ref: each for each in reading.follow_all(profile, "cff_profiles")}
    ordered = [
        each.ref
        for each in reading.follow_all(profile, "ordered_cff_profiles")
        if each.ref in members
    ]
    return tuple(members[ref] for ref in dict.fromkeys((*ordered, *members)))


def actions_of(reading: Reading, profile: Object) -> tuple[Object, ...]:
    """Return the filter actions of a profile: those of its policies, then the default one."""
    return (
        *(_required(reading, policy, "action") for policy in policies_of(reading, profile)),
        _required(reading, profile, "default_cff_action"),
    )


def compiled_profile(reading: Reading, profile: Object) -> Profile:
    """Compile one profile."""
    warn_of_profile(reading, profile)
    rules = [_rule(reading, policy) for policy in policies_of(reading, profile)]
    return Profile(
        ref=profile.ref,
        name=profile.name,
        rules=tuple(rule for rule in rules if rule is not None),
        default_action_ref=profile.text("default_cff_action"),
        is_base=profile.ref == BASE_PROFILE,
    )


def _rule(reading: Reading, policy: Object) -> PolicyRule | None:
    warn_of_policy(reading, policy)
    users = user_names(reading, policy, "aaa")
    if policy.texts("aaa") and not users:
        reading.warn(policy, "no_users", "its user groups are empty: the policy never applies")
        return None
    return PolicyRule(
        ref=policy.ref,
        name=policy.name,
        users=users,
        time=time_window(reading, policy, "time_event"),
        action_ref=policy.text("action"),
    )


def _required(reading: Reading, holder: Object, attribute: str) -> Object:
    found = reading.follow(holder, attribute)
    if found is None:
        place = f"{holder.ref} ({holder.name})"
        raise ReferencedObjectGoneError(place, attribute, "nothing", "is set")
    return found
