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
from utm.web_policy.https import (
    HOST_ONLY,
    HttpsFiltering,
    https_filtering,
    left_alone,
    what_decides,
)
from utm.web_policy.reading import CompileWarning

__all__ = [
    "HOST_ONLY",
    "BaseProfileMissingError",
    "CompileWarning",
    "GroupGoneError",
    "HttpsFiltering",
    "ReferencedObjectGoneError",
    "WebPolicyError",
    "compile_gateway",
    "compile_group",
    "deciding_action",
    "groups_using",
    "https_filtering",
    "left_alone",
    "what_decides",
]
