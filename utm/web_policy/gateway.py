"""From the configuration to the policy of the gateway's own web filter: a pure function.

- Which profile decides follows from the source address: the first one, in the order of node
  http.profiles, that is on and has a network with the address; the base profile is last and
  matches everybody (documented). Endpoint groups of a profile mean nothing here.
- A profile without usable networks matches nobody and is left out: in the compiled form no
  networks would mean everybody.
- Exceptions that name endpoint groups hold for the computers of those groups; a client that is no
  known computer gets those that name none.
- Quotas: time accounts are not emulated, so a quota becomes what it becomes on endpoints (ours).

Example:
    policy = compile_gateway(snapshot)
"""

from dataclasses import replace

from foundation.webfilter.policy import Outcome, Profile, WebPolicy
from utm.confd.objects import Object
from utm.confd.seed import BASE_PROFILE
from utm.confd.snapshot import Snapshot
from utm.switches import switch_settings
from utm.web_policy.actions import filter_action
from utm.web_policy.criteria import networks
from utm.web_policy.errors import BaseProfileMissingError
from utm.web_policy.exceptions import exceptions_of
from utm.web_policy.profiles import actions_of, compiled_profile, group_of
from utm.web_policy.reading import Reading
from utm.web_policy.sites import local_sites


def compile_gateway(snapshot: Snapshot, group_ref: str = "") -> WebPolicy:
    """Compile the gateway's policy, as it is for the computers of an endpoint group.

    Args:
        snapshot: The configuration.
        group_ref: The endpoint group of the client; empty for a client that is in none.

    Raises:
        GroupGoneError: If there is no such endpoint group.
        ReferencedObjectGoneError: If an object refers to one that is gone.
        BaseProfileMissingError: If there is no base profile.
    """
    reading = Reading(snapshot)
    group = group_of(reading, group_ref) if group_ref else None
    quota_action: Outcome = snapshot.node("http.epp_quota_action") or "warn"
    profiles = _profiles(reading)
    actions = {each.ref: each for one, _ in profiles for each in actions_of(reading, one)}
    return WebPolicy(
        group_ref=group_ref,
        group_name=group.name if group is not None else "",
        profiles=tuple(compiled for _, compiled in profiles),
        actions=tuple(filter_action(reading, each, quota_action) for each in actions.values()),
        exceptions=exceptions_of(reading, group),
        local_sites=local_sites(
            reading, frozenset(tag.ref for tag in snapshot.of_class("http", "lsl_tag"))
        ),
        quota_action=quota_action,
        proceed_timeout_s=snapshot.node("http.proceed_cache_timeout"),
        timezone=snapshot.node("settings.timezone") or "UTC",
        switches=switch_settings(snapshot),
    )


def _profiles(reading: Reading) -> list[tuple[Object, Profile]]:
    found: list[tuple[Object, Profile]] = []
    base = None
    for profile in reading.follow_node("http.profiles"):
        if profile.ref == BASE_PROFILE:
            base = profile
        elif profile.is_on("status"):
            sources = networks(reading, profile, "networks")
            if sources:
                compiled = replace(compiled_profile(reading, profile), networks=sources)
                found.append((profile, compiled))
    if base is None:
        raise BaseProfileMissingError(f"there is no base profile {BASE_PROFILE}")
    return [*found, (base, compiled_profile(reading, base))]
