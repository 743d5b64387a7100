"""Why a web policy cannot be compiled.

- A configuration that confd holds is always whole; these are met by snapshots from elsewhere, such
  as an imported or restored one, and by a group that was deleted meanwhile.
"""

from typing import ClassVar

from foundation.errors import DomainError


class WebPolicyError(DomainError):
    """The root of what the compiler refuses."""

    code: ClassVar[str] = "web_policy_error"


class GroupGoneError(WebPolicyError):
    """The endpoint group does not exist."""

    code: ClassVar[str] = "group_gone"
    hint: ClassVar[str] = "List the groups; it may have been deleted."

    def __init__(self, group_ref: str) -> None:
        super().__init__(f"there is no endpoint group {group_ref}")
        self.group_ref = group_ref


class ReferencedObjectGoneError(WebPolicyError):
    """An object of the policy refers to one that does not exist or is of another class."""

    code: ClassVar[str] = "referenced_object_gone"
    hint: ClassVar[str] = "Take the reference out of the object named, or restore what it names."

    def __init__(self, holder: str, field: str, ref: str, problem: str) -> None:
        super().__init__(f"{holder}, {field}: {ref} {problem}")
        self.holder = holder
        self.field = field
        self.ref = ref


class BaseProfileMissingError(WebPolicyError):
    """There is no base profile to end the list of profiles with."""

    code: ClassVar[str] = "base_profile_missing"
    hint: ClassVar[str] = "The node http.profiles must end with the default profile."
