"""Google SecOps, parser SOPHOS_UTM (public: the change log of its mapping, restated).

Only the mapping of keys is public, not how the line is split: the pairs are taken wherever they
stand (inferred), and so are the targets of ad_domain, application, auth, filename, group and virus,
which the log only names. A key without a mapping goes to additional.fields.
"""

import re
from typing import Final

from utmlab.logtools.consumers.outcome import Outcome, Value, nothing
from utmlab.logtools.consumers.steps import pairs

MAPPING: Final = {
    "user": "target.user.userid",
    "ad_domain": "target.administrative_domain",
    "group": "target.user.group_identifiers",
    "sys": "metadata.product_event_type",
    "application": "network.application_protocol",
    "auth": "extensions.auth.auth_details",
    "profile": "security_result.rule_name",
    "categoryname": "security_result.category_details",
    "category": "security_result.detection_fields.category",
    "severity": "security_result.severity_details",
    "filename": "target.file.full_path",
    "virus": "security_result.threat_name",
    "size": "target.file.size",
}
ACTIONS: Final = {"drop": "BLOCK"}
_HOST: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+://([^/:?#]++)")


def read(text: str) -> Outcome:
    """Return the fields of one event."""
    found = pairs(text)
    if not found:
        return nothing(1, 'wants key="value" anywhere')
    fields: dict[str, Value] = {}
    for key, value in found.items():
        if key == "action":
            fields["security_result.action"] = ACTIONS.get(value, value)
        elif key == "url":
            host = _HOST.match(value)
            fields |= {"target.url": value} | ({"target.hostname": host[1]} if host else {})
        else:
            fields[MAPPING.get(key, f"additional.fields.{key}")] = value
    return Outcome(reach="message", fields=fields)
