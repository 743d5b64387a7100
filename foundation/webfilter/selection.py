"""Which profile and which of its rules apply to a request.

- First match, in the document's order; the base profile is last and matches everybody
  (documented: it cannot be switched off). Networks matter at the gateway; a policy compiled for an
  endpoint group holds only profiles that allow the group, and those carry no networks.
- Then the first rule whose users and time match; else the profile's default action.
"""

from foundation.webfilter.conditions import is_address_in, is_time_in, is_user_in, zone_of
from foundation.webfilter.policy import PolicyRule, Profile, WebPolicy
from foundation.webfilter.switches import SwitchBoard
from foundation.webfilter.trace import TraceBook
from foundation.webfilter.verdict import WebRequest


def select_profile(policy: WebPolicy, request: WebRequest, trace: TraceBook) -> Profile | None:
    """Return the first profile that matches, or None when there is none."""
    for profile in policy.profiles:
        if profile.is_base or not profile.networks:
            why = "base profile" if profile.is_base else "for every source address"
            trace.matched("profile", profile.ref, why)
            return profile
        is_match = is_address_in(request.client_ip, profile.networks)
        why = f"{request.client_ip or 'no address'} in {', '.join(profile.networks)}: {is_match}"
        if trace.tried("profile", profile.ref, is_match=is_match, why=why):
            return profile
    trace.missed("profile", "", "the policy has no profile for this request")
    return None


def select_rule(
    policy: WebPolicy,
    profile: Profile,
    request: WebRequest,
    board: SwitchBoard,
    trace: TraceBook,
) -> PolicyRule | None:
    """Return the first rule whose users and time match; None means the default action."""
    zone = zone_of(policy.timezone, board)
    for rule in profile.rules:
        if rule.users and not is_user_in(request.user, rule.users, board):
            trace.missed("rule", rule.ref, f"{request.user or 'nobody'} is none of its users")
        elif rule.time is not None and not is_time_in(request.at, rule.time, zone):
            trace.missed("rule", rule.ref, f"{request.at.isoformat()} is outside its time")
        else:
            trace.matched("rule", rule.ref, "users and time match")
            return rule
    trace.matched("default action", profile.default_action_ref, f"of profile {profile.ref}")
    return None
