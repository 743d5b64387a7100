"""Web policies: what the web filter objects mean, for endpoint groups and for the gateway."""

from utm.web_policy.compiler import compile_group
from utm.web_policy.deciding import deciding_action, groups_using
from utm.web_policy.errors import (
    BaseProfileMissingError,
    GroupGoneError,
    ReferencedObjectGoneError,
    WebPolicyError,
)
from utm.web_policy.gateway import compile_gateway
from utm.web_policy.reading import CompileWarning

__all__ = [
    "BaseProfileMissingError",
    "CompileWarning",
    "GroupGoneError",
    "ReferencedObjectGoneError",
    "WebPolicyError",
    "compile_gateway",
    "compile_group",
    "deciding_action",
    "groups_using",
]
