"""Which filter action decides for an endpoint group, and for which other groups it does.

- The first profile of a group decides: profiles compiled for endpoints match every request.
- Inside it the first policy without users and time applies to anybody at any moment; before it,
  policies may take out some people or hours. Without such a policy it is the default action.
"""

from utm.confd.objects import Object
from utm.confd.snapshot import Snapshot
from utm.web_policy.profiles import actions_of, group_of, policies_of, profiles_of
from utm.web_policy.reading import Reading


def deciding_action(snapshot: Snapshot, group_ref: str) -> Object:
    """Return the filter action that decides for anybody at any time in a group.

    Raises:
        GroupGoneError: If there is no such endpoint group.
        ReferencedObjectGoneError: If an object refers to one that is gone.
        BaseProfileMissingError: If there is no base profile.
    """
    reading = Reading(snapshot)
    profile = profiles_of(reading, group_of(reading, group_ref))[0]
    actions = actions_of(reading, profile)
    for policy, action in zip(policies_of(reading, profile), actions, strict=False):
        if not policy.texts("aaa") and not policy.text("time_event"):
            return action
    return actions[-1]


def groups_using(snapshot: Snapshot, action_ref: str) -> tuple[Object, ...]:
    """Return the groups with web control on for which a filter action can decide.

    Raises:
        ReferencedObjectGoneError: If an object refers to one that is gone.
        BaseProfileMissingError: If there is no base profile.
    """
    reading = Reading(snapshot)
    return tuple(
        group
        for group in snapshot.endpoint_groups()
        if group.is_on("web_control")
        and action_ref
        in {action.ref for action in actions_of(reading, profiles_of(reading, group)[0])}
    )
