"""What the demo's administrator sets up: two groups, two filter actions, an exception, profiles.

Everything is made switched on, since the classes' own defaults would log and filter nothing. The
names stand for what they do; the sites are of the lab's own internet.
"""

from typing import Any

from utm.confd import DEFAULT_GROUP

GROUP = "Marketing"
EVERYBODY, MARKETING = "Everybody", "Marketing sites"

CONFIGURATION: list[dict[str, Any]] = [
    {
        "op": "change",
        "ref": DEFAULT_GROUP,
        "attributes": {"web_control": True, "tamper_protection": True},
    },
    {
        "op": "create",
        "class": "epp",
        "type": "endpoints_group",
        "attributes": {"name": GROUP, "web_control": True},
        "as": "group",
    },
    {
        "op": "create",
        "class": "http",
        "type": "lsl_tag",
        "attributes": {"name": "Think twice"},
        "as": "tag",
    },
    {
        "op": "create",
        "class": "http",
        "type": "local_site",
        "attributes": {"name": "Shop", "site": "shop.example", "tags": ["$tag"]},
    },
    {
        "op": "create",
        "class": "http",
        "type": "cff_action",
        "attributes": {
            "name": EVERYBODY,
            "mode": "allow",
            "sp_categories": ["REF_GamesGambles"],
            "warn_tags": ["$tag"],
            "log_access": True,
            "log_blocked": True,
        },
        "as": "everybody",
    },
    {
        "op": "create",
        "class": "http",
        "type": "cff_action",
        "attributes": {
            "name": MARKETING,
            "mode": "allow",
            "sp_categories": ["REF_CriminalActivities"],
            "log_access": True,
            "log_blocked": True,
        },
        "as": "marketing",
    },
    {
        "op": "create",
        "class": "http",
        "type": "profile",
        "attributes": {
            "name": "Endpoints",
            "status": True,
            "endpoints_groups": [DEFAULT_GROUP],
            "default_cff_action": "$everybody",
        },
    },
    {
        "op": "create",
        "class": "http",
        "type": "profile",
        "attributes": {
            "name": "Marketing endpoints",
            "status": True,
            "endpoints_groups": ["$group"],
            "default_cff_action": "$marketing",
        },
    },
    {
        "op": "create",
        "class": "http",
        "type": "exception",
        "attributes": {
            "name": "Training",
            "status": True,
            "operator": "AND",
            "domains": [r"^https?://training\.games\.example/"],
            "endpoints_groups": [DEFAULT_GROUP],
            "skiplist": ["url_filter", "extensions", "certcheck", "certdate"],
        },
    },
]
