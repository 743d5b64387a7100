"""Which endpoint group a computer is in.

- A computer is in one group at most: moving it takes it out of every other (ours). In none, it
  counts as a member of the default group.
"""

from utm.confd.confd import Edit
from utm.confd.errors import ReferenceRefusedError


def move_endpoint(edit: Edit, endpoint_ref: str, group_ref: str) -> tuple[str, ...]:
    """Put a computer into a group and out of all others; return the groups that changed.

    Raises:
        NoSuchObjectError: If there is no such computer or group.
        ReferenceRefusedError: If the references are not of a computer and a group.
    """
    group = edit.get(group_ref)
    if group.full_type != "epp/endpoints_group":
        raise ReferenceRefusedError(endpoint_ref, "group", group_ref, "is no endpoint group")
    endpoint = edit.get(endpoint_ref)
    if endpoint.full_type != "epp/endpoint":
        raise ReferenceRefusedError(group_ref, "endpoints", endpoint_ref, "is no computer")
    changed = []
    for each in edit.objects("epp", "endpoints_group"):
        members = each.texts("endpoints")
        wanted = tuple(member for member in members if member != endpoint_ref)
        if each.ref == group_ref:
            wanted = members if endpoint_ref in members else (*members, endpoint_ref)
        if wanted != members:
            edit.change(each.ref, {"endpoints": wanted})
            changed.append(each.ref)
    return tuple(changed)
