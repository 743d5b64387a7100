"""From the configuration to the web policy of one endpoint group: a pure function.

- The policy holds everything that a verdict needs away from the office: the profile that decides
  (the first that allows the group, else the base one), its filter actions, exceptions, local
  sites, what a quota becomes.
- A group with web control off, or the whole feature off (node epp.status.wc), gets a policy that
  says so and holds nothing else.
- WEB-01: a group for which the base policy's own filter action decides is warned of; the advice is
  a profile made for endpoints (seed).

Example:
    policy, warnings = compile_group(snapshot, "REF_EppEndDefault")
"""

from foundation.webfilter.policy import FilterAction, Outcome, WebException, WebPolicy
from foundation.webfilter.switches import SWITCHES
from utm.confd.objects import Object
from utm.confd.seed import BASE_PROFILE
from utm.confd.snapshot import Snapshot
from utm.switches import effective_settings
from utm.web_policy.actions import filter_action
from utm.web_policy.exceptions import exceptions_of
from utm.web_policy.profiles import actions_of, compiled_profile, group_of, profiles_of
from utm.web_policy.reading import CompileWarning, Reading
from utm.web_policy.sites import local_sites


def compile_group(
    snapshot: Snapshot, group_ref: str
) -> tuple[WebPolicy, tuple[CompileWarning, ...]]:
    """Compile the web policy of an endpoint group.

    Returns:
        The policy, and a warning for each thing configured that endpoints do not do.

    Raises:
        GroupGoneError: If there is no such endpoint group.
        ReferencedObjectGoneError: If an object refers to one that is gone.
        BaseProfileMissingError: If there is no base profile.
    """
    reading = Reading(snapshot)
    group = group_of(reading, group_ref)
    if not (group.is_on("web_control") and snapshot.node("epp.status.wc")):
        return _policy(reading, group, is_on=False), ()
    policy = _policy(reading, group, is_on=True)
    return policy, reading.warnings()


def _policy(reading: Reading, group: Object, *, is_on: bool) -> WebPolicy:
    quota_action: Outcome = reading.snapshot.node("http.epp_quota_action") or "warn"
    profiles = profiles_of(reading, group) if is_on else ()
    if is_on:
        _warn_of_base(reading, profiles)
    # Endpoints have no source address, so the first profile always decides. The others stay out:
    # a change that can concern nobody here must not reach anybody here.
    profiles = profiles[:1]
    actions = {
        action.ref: action for profile in profiles for action in actions_of(reading, profile)
    }
    compiled = tuple(filter_action(reading, each, quota_action) for each in actions.values())
    exceptions = exceptions_of(reading, group) if is_on else ()
    return WebPolicy(
        group_ref=group.ref,
        group_name=group.name,
        web_control=is_on,
        profiles=tuple(compiled_profile(reading, profile) for profile in profiles),
        actions=compiled,
        exceptions=exceptions,
        local_sites=local_sites(reading, _tags_in_use(compiled, exceptions)) if is_on else (),
        quota_action=quota_action,
        proceed_timeout_s=reading.snapshot.node("http.proceed_cache_timeout"),
        timezone=reading.snapshot.node("settings.timezone") or "UTC",
        switches=_switches(reading) if is_on else (),
    )


def _switches(reading: Reading) -> tuple[tuple[str, str], ...]:
    settings = effective_settings(reading.snapshot)
    return tuple(
        (name, value)
        for name, (value, _) in sorted(settings.items())
        if value != SWITCHES[name].default
    )


def _tags_in_use(
    actions: tuple[FilterAction, ...], exceptions: tuple[WebException, ...]
) -> frozenset[str]:
    lists = [each.tags for each in exceptions]
    for action in actions:
        lists += [action.allow_tags, action.block_tags, action.warn_tags]
    return frozenset(tag for tags in lists for tag in tags)


def _warn_of_base(reading: Reading, profiles: tuple[Object, ...]) -> None:
    first, base = profiles[0], profiles[-1]
    base_action = base.text("default_cff_action")
    if first.ref == BASE_PROFILE:
        reading.warn(base, "base_policy", "the base policy decides here: make a profile for it")
    elif base_action in {action.ref for action in actions_of(reading, first)}:
        reading.warn(first, "base_policy", "it uses the base policy's filter action")
